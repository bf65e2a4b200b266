//! The crate ibapi, its async client and, of 2.9, its blocking one: reads a workload from the feed, adds it up, prints what it found as JSON.

mod protobuf;
mod text;
mod text_blocking;

use std::time::{Duration, Instant};

/// The price of the last message of a stream: where to stop, also when messages were lost on the way.
pub const LAST_PRICE: f64 = 999.99;

/// A stream that brings nothing for so long is at its end.
pub const QUIET: Duration = Duration::from_secs(1);

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How many items came, and the sums of their prices and sizes.
#[derive(Default)]
pub struct Answer {
    pub ticks: u64,
    pub prices: f64,
    pub sizes: f64,
}

impl Answer {
    pub fn add(&mut self, price: f64, size: f64) {
        self.ticks += 1;
        self.prices += price;
        self.sizes += size;
    }
}

/// What is asked for.
pub struct Task {
    pub address: String,
    pub kind: String,
    pub count: u64,
    pub requests: u64,
}

impl Task {
    pub fn is_stream(&self) -> bool {
        !matches!(self.kind.as_str(), "bar" | "past_last")
    }

    /// Whether a stream is at its end: all has come, or its last message has.
    pub fn is_done(&self, answer: &Answer, price: f64) -> bool {
        answer.ticks == self.count || price == LAST_PRICE
    }
}

/// Wall clock and processor time from the request to the last item.
pub struct Stopwatch {
    wall: Instant,
    cpu_s: f64,
}

impl Stopwatch {
    pub fn start() -> Self {
        Stopwatch { wall: Instant::now(), cpu_s: cpu_s() }
    }

    /// Print what was found; ``ran_dry`` if the last second brought nothing.
    pub fn report(&self, answer: &Answer, ran_dry: bool) {
        let waited = if ran_dry { QUIET.as_secs_f64() } else { 0.0 };
        let (seconds, cpu) = (self.wall.elapsed().as_secs_f64() - waited, cpu_s() - self.cpu_s);
        println!(
            "{{\"seconds\": {seconds}, \"cpu_s\": {cpu}, \"peak_mib\": {}, \"received\": 0, \
             \"answer\": {{\"ticks\": {}, \"prices\": {}, \"sizes\": {}}}}}",
            peak_mib(),
            answer.ticks,
            answer.prices,
            answer.sizes
        );
    }
}

/// Processor time of all threads; 0 where there is no /proc.
fn cpu_s() -> f64 {
    let Ok(stat) = std::fs::read_to_string("/proc/self/schedstat") else { return 0.0 };
    let own: f64 = stat.split(' ').next().and_then(|it| it.parse().ok()).unwrap_or(0.0);
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return own / 1e9 };
    let all: f64 = tasks
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok())
        .filter_map(|stat| stat.split(' ').next().and_then(|it| it.parse::<f64>().ok()))
        .sum();
    all / 1e9
}

fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|it| it.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn argument(name: &str) -> Result<String, Failure> {
    let mut given = std::env::args().skip_while(|it| it != name);
    given.nth(1).ok_or_else(|| format!("{name} is missing").into())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let task = Task {
        address: format!("127.0.0.1:{}", argument("--port")?),
        kind: argument("--kind")?,
        count: argument("--count")?.parse()?,
        requests: argument("--requests")?.parse()?,
    };
    if argument("--how").is_ok_and(|how| how == "blocking") {
        tokio::task::spawn_blocking(move || text_blocking::run(&task)).await??;
    } else if argument("--version")?.parse::<u32>()? <= 200 {
        text::run(&task).await?;
    } else {
        protobuf::run(&task).await?;
    }
    std::process::exit(0) // at once: dropping a client takes a while
}
