//! ibapi 5.5: protobuf. Its subscriptions keep as many messages as they are told to.

use futures::StreamExt;
use ibapi_protobuf::market_data::historical::ToDuration;
use ibapi_protobuf::market_data::realtime::{MarketDepths, TickTypes};
use ibapi_protobuf::market_data::{IgnoreSize, SmartDepth};
use ibapi_protobuf::prelude::*;
use time::macros::datetime;

use crate::{Answer, Failure, Stopwatch, Task};

/// As many as ibfast's own subscriptions hold in this benchmark; a slot is allocated when the subscription is made.
const CAPACITY: usize = 1_048_576;

pub async fn run(task: &Task) -> Result<(), Failure> {
    let mut builder = Client::builder().address(&task.address).client_id(1);
    if task.is_stream() {
        builder = builder.channel_capacity(CAPACITY);
    }
    let client = builder.connect().await?;
    let contract = Contract::stock("AAPL").build();
    let mut answer = Answer::default();
    let stopwatch = Stopwatch::start();
    match task.kind.as_str() {
        "last" => {
            let mut ticks = client.tick_by_tick(&contract, 0).last().await?.filter_data();
            while let Some(tick) = ticks.next().await {
                let tick = tick?;
                answer.add(tick.price, tick.size);
                if task.is_done(&answer, tick.price) {
                    break;
                }
            }
        }
        "bid_ask" => {
            let mut ticks = client.tick_by_tick(&contract, 0).bid_ask(IgnoreSize::No).await?.filter_data();
            while let Some(tick) = ticks.next().await {
                let tick = tick?;
                answer.add(tick.bid_price + tick.ask_price, tick.bid_size + tick.ask_size);
                if task.is_done(&answer, tick.bid_price) {
                    break;
                }
            }
        }
        "mid_point" => {
            let mut ticks = client.tick_by_tick(&contract, 0).mid_point().await?.filter_data();
            while let Some(tick) = ticks.next().await {
                let tick = tick?;
                answer.add(tick.mid_point, 0.0);
                if task.is_done(&answer, tick.mid_point) {
                    break;
                }
            }
        }
        "tick" => {
            let mut ticks = client.market_data(&contract).subscribe().await?.filter_data();
            while let Some(tick) = ticks.next().await {
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
            let builder = client.market_depth(&contract, 10).smart_depth(SmartDepth::No);
            let mut changes = builder.subscribe().await?.filter_data();
            while let Some(change) = changes.next().await {
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
                    .historical_data(&contract, HistoricalBarSize::Min)
                    .what_to_show(HistoricalWhatToShow::Trades)
                    .duration(1.days())
                    .fetch()
                    .await?;
                for bar in &history.bars {
                    answer.add(bar.open + bar.high + bar.low + bar.close, bar.volume);
                }
            }
        }
        "past_last" => {
            for _ in 0..task.requests {
                let start = datetime!(2026-01-05 15:00 UTC);
                let mut page = client.historical_ticks(&contract, 1000).starting(start).trade().await?.filter_data();
                while let Some(tick) = page.next().await {
                    let tick = tick?;
                    answer.add(tick.price, tick.size.unwrap_or(0.0));
                }
            }
        }
        other => return Err(format!("no such workload: {other}").into()),
    }
    stopwatch.report(&answer, false);
    Ok(())
}
