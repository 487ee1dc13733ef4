//! Runs seeds by hand: `simulate --seeds 1000 --first 5000`, or one with everything that happened:
//! `simulate --seeds 1 --first 17 --trace`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to its user")]

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Parser;
use keting_simulation::simulate;

/// The deterministic simulation of phones and a server.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Print everything that happens.
    #[arg(long)]
    trace: bool,
    /// Run each seed twice and compare.
    #[arg(long)]
    twice: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut counts = BTreeMap::<String, u64>::new();
    let last = arguments.first.saturating_add(arguments.seeds);
    for seed in arguments.first..last {
        let report = match simulate(seed, arguments.trace) {
            Ok(report) => report,
            Err(broken) => {
                println!("{broken}");
                return ExitCode::FAILURE;
            }
        };
        if arguments.twice && simulate(seed, arguments.trace).as_ref() != Ok(&report) {
            println!("seed {seed} went differently the second time");
            return ExitCode::FAILURE;
        }
        for line in &report.lines {
            println!("{line}");
        }
        for (what, times) in report.counts {
            *counts.entry(what).or_default() += times;
        }
    }
    for (what, times) in counts {
        println!("{times:>9}  {what}");
    }
    println!("{} seeds hold", arguments.seeds);
    ExitCode::SUCCESS
}
