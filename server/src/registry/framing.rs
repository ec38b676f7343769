//! Confluent's framing: a zero byte, the schema's id in four bytes, and for Protobuf the index of the message: a count and numbers,
//! zigzag varints, or a single zero for the first message of the file.

/// The byte that a framed value begins with.
pub const MAGIC: u8 = 0;
/// How deep a message may lie within others.
const DEPTH_MAX: u64 = 16;

/// The schema's id and what follows; nothing where it is not framed.
pub fn unframed(value: &[u8]) -> Option<(u32, &[u8])> {
    let (head, rest) = value.split_first_chunk::<5>()?;
    let [MAGIC, id @ ..] = *head else { return None };
    Some((u32::from_be_bytes(id), rest))
}

/// A frame for values of a schema.
pub fn frame(id: u32) -> Vec<u8> {
    let mut frame = vec![MAGIC];
    frame.extend_from_slice(&id.to_be_bytes());
    frame
}

/// The index of a message and what follows it; nothing where it is none.
pub fn message_index(value: &[u8]) -> Option<(Vec<u64>, &[u8])> {
    let (count, mut rest) = zigzag(value)?;
    if count == 0 {
        return Some((vec![0], rest));
    }
    if count > DEPTH_MAX {
        return None;
    }
    let mut index = Vec::new();
    for _ in 0..count {
        let (number, after) = zigzag(rest)?;
        index.push(number);
        rest = after;
    }
    Some((index, rest))
}

/// A number that is not below zero, as a zigzag varint.
fn zigzag(value: &[u8]) -> Option<(u64, &[u8])> {
    let mut number: u64 = 0;
    for (place, byte) in value.iter().enumerate().take(9) {
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            let rest = value.get(place + 1..)?;
            return (number & 1 == 0).then_some((number >> 1, rest));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_and_indexes_are_read_in_all_their_forms() {
        assert_eq!(unframed(&[0, 0, 0, 1, 2, 9]), Some((258, &[9][..])));
        assert_eq!((unframed(&[1, 0, 0, 1, 2]), unframed(&[0, 0, 0, 1])), (None, None));
        assert_eq!(frame(258), [0, 0, 0, 1, 2]);
        assert_eq!(message_index(&[0, 8]), Some((vec![0], &[8][..])));
        assert_eq!(message_index(&[2, 0, 8]), Some((vec![0], &[8][..])));
        assert_eq!(message_index(&[4, 2, 0x80, 1, 8]), Some((vec![1, 64], &[8][..])));
        assert_eq!((message_index(&[]), message_index(&[1]), message_index(&[4, 2]), message_index(&[0xff; 12])), (None, None, None, None));
    }
}
