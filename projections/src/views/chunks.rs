//! A list that grows without moving what is in it: in chunks, which are used again once it was emptied.

/// Elements of a chunk.
const CHUNK: usize = 128;

/// The list.
pub(super) struct Chunks<T> {
    chunks: Vec<Vec<T>>,
    len: usize,
}

impl<T> Chunks<T> {
    pub const fn new() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }

    pub const fn len(&self) -> usize {
        self.len
    }

    pub fn get(&self, place: usize) -> Option<&T> {
        self.chunks.get(place / CHUNK)?.get(place % CHUNK)
    }

    pub fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        self.chunks.get_mut(place / CHUNK)?.get_mut(place % CHUNK)
    }

    pub fn push(&mut self, element: T) {
        let at = self.len / CHUNK;
        self.len += 1;
        match self.chunks.get_mut(at) {
            Some(chunk) => chunk.push(element),
            None => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(element);
                self.chunks.push(chunk);
            }
        }
    }

    /// Drops what is in it; its room is kept.
    pub fn clear(&mut self) {
        self.chunks.iter_mut().for_each(Vec::clear);
        self.len = 0;
    }

    /// Gives back chunks that nothing is in.
    pub fn shrink_to_fit(&mut self) {
        self.chunks.truncate(self.len.div_ceil(CHUNK));
        self.chunks.shrink_to_fit();
    }

    /// For how many elements there is room.
    pub const fn capacity(&self) -> usize {
        self.chunks.len() * CHUNK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_stay_in_their_places() {
        let mut list = Chunks::new();
        for round in 0..3 {
            let count = [1000, 10, CHUNK * 2][round];
            (0..count).for_each(|n| list.push(n * (round + 1)));
            assert_eq!((list.len(), list.get(count), list.get(count - 1)), (count, None, Some(&((count - 1) * (round + 1)))));
            *list.get_mut(3).expect("there") += 1;
            assert_eq!(list.get(3), Some(&(3 * (round + 1) + 1)));
            assert!(list.capacity() >= list.len());
            list.shrink_to_fit();
            assert_eq!(list.capacity(), count.next_multiple_of(CHUNK));
            list.clear();
            assert_eq!((list.len(), list.get(0)), (0, None));
        }
        list.shrink_to_fit();
        assert_eq!(list.capacity(), 0);
    }
}
