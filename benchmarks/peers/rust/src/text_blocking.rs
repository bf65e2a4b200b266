//! ibapi 2.9 on text, its blocking client: streams only. Its async one stands still in a burst.

use ibapi_text::client::blocking::Client;
use ibapi_text::market_data::realtime::{MarketDepths, TickTypes};
use ibapi_text::prelude::Contract;

use crate::{Answer, Failure, Stopwatch, Task};

pub fn run(task: &Task) -> Result<(), Failure> {
    let client = Client::connect(&task.address, 1)?;
    let contract = Contract::stock("AAPL").build();
    let stopwatch = Stopwatch::start();
    let answer = match task.kind.as_str() {
        "last" => add_up(task, client.tick_by_tick_last(&contract, 0, false)?.iter(), |it| {
            Some((it.price, it.price, it.size))
        }),
        "bid_ask" => add_up(task, client.tick_by_tick_bid_ask(&contract, 0, false)?.iter(), |it| {
            Some((it.bid_price, it.bid_price + it.ask_price, it.bid_size + it.ask_size))
        }),
        "mid_point" => add_up(task, client.tick_by_tick_midpoint(&contract, 0, false)?.iter(), |it| {
            Some((it.mid_point, it.mid_point, 0.0))
        }),
        "tick" => add_up(task, client.market_data(&contract).subscribe()?.iter(), |it| match it {
            TickTypes::Price(it) => Some((it.price, it.price, 0.0)),
            TickTypes::PriceSize(it) => Some((it.price, it.price, it.size)),
            TickTypes::Size(it) => Some((0.0, 0.0, it.size)),
            TickTypes::Notice(_) => None,
            _ => Some((0.0, 0.0, 0.0)),
        }),
        "depth" => add_up(task, client.market_depth(&contract, 10, false)?.iter(), |it| match it {
            MarketDepths::MarketDepth(it) => Some((it.price, it.price, it.size)),
            _ => None,
        }),
        other => return Err(format!("no such workload: {other}").into()),
    };
    stopwatch.report(&answer, false);
    Ok(())
}

/// Read up to the last message; ``read`` says its price, which tells the last, and what it adds to prices and sizes.
fn add_up<T>(task: &Task, ticks: impl Iterator<Item = T>, read: impl Fn(T) -> Option<(f64, f64, f64)>) -> Answer {
    let mut answer = Answer::default();
    for (price, prices, sizes) in ticks.filter_map(read) {
        answer.add(prices, sizes);
        if task.is_done(&answer, price) {
            break;
        }
    }
    answer
}
