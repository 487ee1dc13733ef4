//! Enrolment and syncing.

use keting::{EngineError, Keting, SyncNews, SyncReport};
use keting_trust::Invitation;
use serde_json::json;

use crate::arguments::{Enroll, Sync};
use crate::device;
use crate::exit::Failure;
use crate::output;

/// Makes a device and lets the server enrol it.
///
/// # Errors
/// When the invitation is none or is used up, or the server cannot be reached.
pub fn enroll(arguments: &Enroll) -> Result<(), Failure> {
    let invitation: Invitation =
        arguments.invitation.trim().parse().map_err(|error| Failure::Usage(format!("{error}")))?;
    let keting = Keting::create(&arguments.data, device::vault()?, &invitation)?;
    let report = run(&keting)?;
    let status = keting.status()?;
    let holder = status.holder.unwrap_or_default();
    let role = status.role.map(|role| role.name()).unwrap_or_default();
    let documents = report.progress.documents_entered;
    output::line(format!("{holder} ({role}), {} documents", documents))
}

/// Exchanges edits with the server, once or until interrupted.
///
/// # Errors
/// When the server cannot be reached or refuses; exit code 1 when edits were held.
pub fn sync(arguments: &Sync) -> Result<(), Failure> {
    let keting = device::open(&arguments.reading.data)?;
    if arguments.watch {
        return watch(&keting, arguments.reading.json);
    }
    let report = run(&keting)?;
    print(&report, arguments.reading.json)?;
    if report.progress.held > 0 {
        return Err(Failure::Server {
            code: "held".to_owned(),
            message: format!("{} edits are held; see keting outbox", report.progress.held),
        });
    }
    Ok(())
}

fn run(keting: &Keting) -> Result<SyncReport, Failure> {
    let runtime = runtime()?;
    let report = runtime.block_on(keting.sync(&mut show));
    output::progress_done();
    Ok(report?)
}

fn watch(keting: &Keting, json: bool) -> Result<(), Failure> {
    let runtime = runtime()?;
    let subscription = keting.watch(&[]);
    std::thread::spawn(move || {
        for changed in subscription {
            if print_changed(&changed, json).is_err() {
                return;
            }
        }
    });
    runtime.block_on(async {
        let mut news = show;
        tokio::select! {
            ended = keting.stay_connected(&mut news) => match ended {
                Ok(never) => match never {},
                Err(error) => Err(error.into()),
            },
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    })
}

fn print_changed(changed: &keting::Changed, json: bool) -> Result<(), Failure> {
    match changed {
        keting::Changed::Rows(rows) => {
            for row in rows {
                if json {
                    let (table, document) = (row.table, row.document.to_string());
                    output::line(json!({ "table": table, "document": document }))?;
                } else {
                    output::line(format!("{} {}", row.table, row.document))?;
                }
            }
            Ok(())
        }
        keting::Changed::Everything => output::line("*"),
    }
}

fn print(report: &SyncReport, json: bool) -> Result<(), Failure> {
    let progress = &report.progress;
    if json {
        return output::json(&json!({
            "commits_sent": progress.commits_sent,
            "commits_received": progress.commits_received,
            "documents_entered": progress.documents_entered,
            "documents_left": progress.documents_left,
            "bytes_up": report.bytes_up,
            "bytes_down": report.bytes_down,
            "round_trips": progress.round_trips,
            "took_ms": report.took_ms,
            "cursor": report.cursor.map(|cursor| json!({
                "log": cursor.log.to_string(),
                "generation": cursor.generation,
                "number": cursor.number,
                "chain": cursor.chain.to_string(),
            })),
            "held": progress.held,
        }));
    }
    output::line(format!(
        "{} sent, {} received, {} held; {} bytes up, {} down, {} ms",
        progress.commits_sent,
        progress.commits_received,
        progress.held,
        report.bytes_up,
        report.bytes_down,
        report.took_ms,
    ))
}

fn show(news: SyncNews) {
    match news {
        SyncNews::Connected => output::progress("connected"),
        SyncNews::FirstSync { done, total } => {
            output::progress(&format!("first sync: {done} of {total} documents"));
        }
        SyncNews::UpToDate => output::progress("up to date"),
    }
}

/// A runtime of one thread: a device has one connection.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::from(EngineError::File(error)))
}
