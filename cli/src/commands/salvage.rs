//! Rescuing what nobody else has from a damaged file.

use keting::SalvageReport;
use keting::parts::Local;
use serde_json::{Value, json};

use crate::arguments::Salvage;
use crate::device::{open, require_no_server, vault, wait};
use crate::exit::Failure;
use crate::output;

/// Sets a damaged file aside, or says that the report of that was read.
///
/// # Errors
/// When the device cannot be opened, the folder is a server's, or there is no room for a fresh file.
pub fn salvage(arguments: &Salvage) -> Result<(), Failure> {
    if arguments.seen {
        return wait(open(&arguments.data)?.dismiss_salvage_report());
    }
    require_no_server(&arguments.data)?;
    let (keting, report) = Local::salvage(&arguments.data, vault()?)?;
    match (&report, arguments.json) {
        (report, true) => output::json(&report.as_ref().map(report_json)),
        (Some(report), false) => print_report(report, keting.status()?.city.is_some()),
        (None, false) => {
            output::line("文件完好，没有改动。 The file is sound; nothing was changed.")
        }
    }
}

/// Prints what was saved, plainly what was not, and what to do next.
///
/// # Errors
/// When standard output is closed.
pub fn print_report(report: &SalvageReport, is_enrolled: bool) -> Result<(), Failure> {
    let kept = report.outbox_count;
    output::line(format!("损坏的文件已另存 damaged file set aside as: {}", report.set_aside_as))?;
    output::line(format!("已救出待发送的修改 unsent edits saved: {kept}"))?;
    if report.without_parts_count > 0 {
        let count = report.without_parts_count;
        output::line(format!("需要重新录入的修改 edits to be entered again (outbox): {count}"))?;
    }
    if report.lost_count > 0 || !report.complete {
        let lost = report.lost_count;
        output::line(format!("没能救出的修改 edits known to be lost: {lost}"))?;
        output::line(
            "文件没能全部读出，可能还有别的修改丢失，请保留另存的文件。 Not all of the file could be \
             read, so more may be missing: keep the file that was set aside.",
        )?;
    }
    output::line(if is_enrolled {
        "下次同步会取回全部资料。 The next sync brings everything else back."
    } else {
        "本机怎样加入的也没能读出，请凭新的邀请重新加入。 The enrolment could not be read either: enroll \
         again with a new invitation."
    })
}

/// The report for machines.
pub fn report_json(report: &SalvageReport) -> Value {
    json!({
        "set_aside_as": report.set_aside_as,
        "edits_saved": report.outbox_count,
        "edits_to_enter_again": report.without_parts_count,
        "edits_lost": report.lost_count,
        "complete": report.complete,
    })
}
