//! How long whole-bank answers take over many merchants, in process: one shard, warm.
//!
//! `cargo bench --workspace --bench bank -- [--merchants N] [--days N] [--customers N]` prints how long each answer takes.

mod consumption;
mod life;
mod past;
mod whole;

use life::{Life, contract, first};
use std::time::Instant;

/// The allocator of the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn argument(name: &str, default: usize) -> usize {
    let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
    arguments.next().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn main() {
    [20, 200, 1000].into_iter().for_each(past::ask);
    let (merchants, days, customers) = (argument("--merchants", 100_000), argument("--days", 5), argument("--customers", 200_000));
    let directory = tempfile::tempdir().expect("a directory");
    let mut life = Life::open(directory.path(), false);
    let began = Instant::now();
    (0..merchants).for_each(|merchant| life.event(&contract(merchant, Some(180))));
    for day in 0..days {
        let date = first().plus_days(i32::try_from(day).expect("few"));
        for merchant in 0..merchants {
            let (card, mode) = (["debit", "credit", "wallet"][(merchant + day) % 3], ["insert", "tap", "qr"][merchant % 3]);
            let (hour, customer) = (8 + (merchant / 7 + day) % 14, (merchant * 31 + day * 7919) % customers);
            life.event(&format!(
                r#"{{"id":"s{day}","type":"sale","merchant":"M{merchant:06}","payment":"P{day}","occurred_at":"{date}T{hour:02}:00:00+08:00","currency":"CNY","amount":"{}.00","card":"{card}","scheme":"unionpay","entry_mode":"{mode}","terminal":"T1","customer":"c{customer}"}}"#,
                10 + merchant % 900
            ));
        }
        life.close(date);
    }
    life.fold();
    println!("{} entries folded in {:.1} s", life.entries, began.elapsed().as_secs_f64());
    consumption::ask(&life);
    whole::ask(&mut life);
}
