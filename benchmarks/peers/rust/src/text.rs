//! ibapi 2.9: text. Its reader waits for a lock in a way that tokio's scheduler never ends: after a burst of some hundred
//! messages it stands still.

use std::future::Future;

use ibapi_text::market_data::historical::ToDuration;
use ibapi_text::market_data::realtime::{MarketDepths, TickTypes};
use ibapi_text::prelude::*;
use time::macros::datetime;

use crate::{Answer, Failure, Stopwatch, Task, QUIET};

/// What comes next; the end also when nothing comes, because the client stands still.
async fn soon<T>(next: impl Future<Output = Option<T>>) -> Option<T> {
    tokio::time::timeout(QUIET, next).await.unwrap_or(None)
}

pub async fn run(task: &Task) -> Result<(), Failure> {
    let client = Client::connect(&task.address, 1).await?;
    let contract = Contract::stock("AAPL").build();
    let mut answer = Answer::default();
    let stopwatch = Stopwatch::start();
    match task.kind.as_str() {
        "last" => {
            let mut ticks = client.tick_by_tick_last(&contract, 0, false).await?;
            while let Some(tick) = soon(ticks.next()).await {
                let tick = tick?;
                answer.add(tick.price, tick.size);
                if task.is_done(&answer, tick.price) {
                    break;
                }
            }
        }
        "bid_ask" => {
            let mut ticks = client.tick_by_tick_bid_ask(&contract, 0, false).await?;
            while let Some(tick) = soon(ticks.next()).await {
                let tick = tick?;
                answer.add(tick.bid_price + tick.ask_price, tick.bid_size + tick.ask_size);
                if task.is_done(&answer, tick.bid_price) {
                    break;
                }
            }
        }
        "mid_point" => {
            let mut ticks = client.tick_by_tick_midpoint(&contract, 0, false).await?;
            while let Some(tick) = soon(ticks.next()).await {
                let tick = tick?;
                answer.add(tick.mid_point, 0.0);
                if task.is_done(&answer, tick.mid_point) {
                    break;
                }
            }
        }
        "tick" => {
            let mut ticks = client.market_data(&contract).subscribe().await?;
            while let Some(tick) = soon(ticks.next()).await {
                let (price, size) = match tick? {
                    TickTypes::Price(it) => (it.price, 0.0),
                    TickTypes::PriceSize(it) => (it.price, it.size),
                    TickTypes::Size(it) => (0.0, it.size),
                    _ => (0.0, 0.0),
                };
                answer.add(price, size);
                if task.is_done(&answer, price) {
                    break;
                }
            }
        }
        "depth" => {
            let mut changes = client.market_depth(&contract, 10, false).await?;
            while let Some(change) = soon(changes.next()).await {
                if let MarketDepths::MarketDepth(it) = change? {
                    answer.add(it.price, it.size);
                    if task.is_done(&answer, it.price) {
                        break;
                    }
                }
            }
        }
        "bar" => {
            for _ in 0..task.requests {
                let history = client
                    .historical_data(
                        &contract,
                        None,
                        1.days(),
                        HistoricalBarSize::Min,
                        Some(HistoricalWhatToShow::Trades),
                        TradingHours::Regular,
                    )
                    .await?;
                for bar in &history.bars {
                    answer.add(bar.open + bar.high + bar.low + bar.close, bar.volume);
                }
            }
        }
        "past_last" => {
            for _ in 0..task.requests {
                let start = Some(datetime!(2026-01-05 15:00 UTC));
                let mut page =
                    client.historical_ticks_trade(&contract, start, None, 1000, TradingHours::Regular).await?;
                while let Some(tick) = page.next().await {
                    answer.add(tick.price, f64::from(tick.size));
                }
            }
        }
        other => return Err(format!("no such workload: {other}").into()),
    }
    stopwatch.report(&answer, task.is_stream() && answer.ticks < task.count);
    Ok(())
}
