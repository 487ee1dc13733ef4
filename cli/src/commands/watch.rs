//! `sync --watch`: stays connected and prints what happens, a line for each thing; with `--json`
//! each line is an object.

mod changed;

use std::sync::mpsc::{self, Sender};
use std::thread;

use keting::parts::{Changed, Local, News, Subscription, SyncNews};
use serde_json::{Value, json};

use crate::commands::{held, moot};
use crate::exit::Failure;
use crate::output;
use crate::time::{clock_off, grant_ends_soon};

/// Syncs and prints until interrupted.
///
/// # Errors
/// When trying again would not help, or standard output is closed.
pub fn watch(keting: &Local, json: bool) -> Result<(), Failure> {
    let rows = keting.watch(&[]);
    let syncing = keting.start_sync()?;
    let news = syncing.news();
    let (end, ended) = mpsc::channel();
    // Whoever ends first ends the command, even if another waits for a reader of its output.
    let reading = keting.clone();
    on_a_thread(&end, move || print_rows(&reading, rows, json));
    let holding = keting.clone();
    on_a_thread(&end, move || print_news(&holding, news, json));
    on_a_thread(&end, interrupted);
    let ended = ended.recv().unwrap_or(Ok(()));
    output::progress_done();
    ended?;
    Ok(syncing.stop()?)
}

fn on_a_thread(
    end: &Sender<Result<(), Failure>>,
    work: impl FnOnce() -> Result<(), Failure> + Send + 'static,
) {
    let end = end.clone();
    thread::spawn(move || end.send(work()));
}

fn interrupted() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(tokio::signal::ctrl_c())?)
}

fn print_rows(keting: &Local, mut rows: Subscription, json: bool) -> Result<(), Failure> {
    rows.try_for_each(|changed| match changed {
        Changed::Rows(rows) if json => {
            let things = rows.iter().filter(|row| changed::is_of_a_thing(row));
            things.map(changed::as_json).try_for_each(output::line)
        }
        Changed::Rows(rows) => changed::in_words(keting, &rows)?.iter().try_for_each(output::line),
        Changed::Everything if json => output::line(json!({ "event": "everything_changed" })),
        Changed::Everything => output::line("改动很多，请重新查看 much changed, look again"),
    })
}

fn print_news(keting: &Local, mut news: News, json: bool) -> Result<(), Failure> {
    let (mut held_told, mut is_lost) = (0, false);
    news.try_for_each(|news| {
        match json {
            true => output::line(news_as_json(&news))?,
            false => show(&news),
        }
        if let SyncNews::Disconnected { .. } = news {
            is_lost = true;
        } else if news == SyncNews::UpToDate && std::mem::take(&mut is_lost) && !json {
            output::progress_done();
            output::note("已重新连上，已是最新 connected again and up to date");
        }
        // Whatever the server said of edits is here by then.
        if news != SyncNews::UpToDate {
            return Ok(());
        }
        let held = keting.held_count()?;
        match std::mem::replace(&mut held_told, held) == held || held == 0 {
            true => Ok(()),
            false if json => output::line(json!({ "event": "held", "count": held })),
            false => {
                output::progress_done();
                held::note(held);
                Ok(())
            }
        }
    })
}

fn news_as_json(news: &SyncNews) -> Value {
    match news {
        SyncNews::Connected => json!({ "event": "connected" }),
        SyncNews::ClockOff { off_ms } => json!({ "event": "clock_off", "off_ms": off_ms }),
        SyncNews::GrantEndsSoon { expires_at_ms } => {
            json!({ "event": "grant_ends_soon", "expires_at_ms": expires_at_ms })
        }
        SyncNews::FirstSync { done, total } => {
            json!({ "event": "first_sync", "done": done, "total": total })
        }
        SyncNews::Moot(moot) => json!({ "event": "moot", "edit": moot::to_json(moot) }),
        SyncNews::UpToDate => json!({ "event": "up_to_date" }),
        SyncNews::Disconnected { code, retry_in_ms } => {
            json!({ "event": "disconnected", "code": code, "retry_in_ms": retry_in_ms })
        }
    }
}

/// Says beside the results what somebody should look at: to machines as an object a line.
pub fn note(news: &SyncNews, as_json: bool) {
    match news {
        _ if !as_json => show(news),
        SyncNews::ClockOff { .. } | SyncNews::GrantEndsSoon { .. } | SyncNews::Moot(_) => {
            output::note(&news_as_json(news).to_string());
        }
        SyncNews::Connected
        | SyncNews::FirstSync { .. }
        | SyncNews::UpToDate
        | SyncNews::Disconnected { .. } => {}
    }
}

/// Shows a person how syncing goes on, beside the results.
fn show(news: &SyncNews) {
    match news {
        SyncNews::Connected => output::progress("已连接 connected"),
        SyncNews::ClockOff { off_ms } => {
            output::progress_done();
            output::note(&clock_off(*off_ms));
        }
        SyncNews::GrantEndsSoon { expires_at_ms } => {
            output::progress_done();
            output::note(&grant_ends_soon(*expires_at_ms));
        }
        SyncNews::FirstSync { done, total } => {
            output::progress(&format!("首次同步 first sync: {done}/{total}"));
        }
        SyncNews::Moot(edit) => {
            output::progress_done();
            output::note(&moot::line(edit));
        }
        SyncNews::UpToDate => output::progress("已是最新 up to date"),
        SyncNews::Disconnected { code, retry_in_ms: Some(retry_in_ms) } => {
            let retry_in_s = retry_in_ms.div_ceil(1_000);
            let advice = output::advice(code).unwrap_or_default();
            output::progress_done();
            output::note(&format!(
                "已断开，{retry_in_s} 秒后重试 offline, trying again in {retry_in_s} s: {advice} [{code}]"
            ));
        }
        // The command ends with it, and says so.
        SyncNews::Disconnected { retry_in_ms: None, .. } => output::progress_done(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_an_event_for_machines() {
        let off_ms = -3_600_000;
        let told = news_as_json(&SyncNews::ClockOff { off_ms });
        assert_eq!(told, json!({ "event": "clock_off", "off_ms": off_ms }));
    }
}
