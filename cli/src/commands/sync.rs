//! Enrolment and syncing.

use std::path::Path;

use keting::parts::{Local, holds_replica};
use keting::views::OutboxState;
use keting::{EngineError, Invitation, Status, SyncReport};
use keting_server::init::{InitError, store_path};
use serde_json::json;

use crate::arguments::{Enroll, Sync};
use crate::commands::server::unusable;
use crate::commands::words::role_name;
use crate::commands::{held, moot, outbox, status, watch};
use crate::device;
use crate::exit::Failure;
use crate::folders::Missing;
use crate::output::{self, shell_word};

/// Makes a device and lets the server enrol it. If the server turns the invitation down, nothing stays of what
/// was made here; if the server is away, it does, and the next sync enrols it.
///
/// # Errors
/// When the invitation is none or is used up, the folder is a server's, or the server cannot be reached.
pub fn enroll(arguments: &Enroll) -> Result<(), Failure> {
    if store_path(&arguments.data).exists() {
        let error = InitError::CityExists;
        return Err(unusable(error.code(), &error));
    }
    let invitation: Invitation = arguments.invitation.parse().map_err(EngineError::from)?;
    let folders = [Some(arguments.data.clone()), device::vault_folder()];
    let folders = folders.iter().flatten().map(|folder| Missing::of(folder)).collect::<Vec<_>>();
    let enrolled = enroll_in(&arguments.data, &invitation);
    if enrolled.is_err() {
        folders.iter().for_each(Missing::take_away);
    }
    enrolled
}

fn enroll_in(data: &Path, invitation: &Invitation) -> Result<(), Failure> {
    let was_there = holds_replica(data);
    let keting = Local::create(data, device::vault()?, invitation)?;
    let report = match run(&keting, false) {
        Ok(report) => report,
        Err(failure) if keting.status()?.city.is_some() => return Err(failure),
        Err(failure) => {
            drop(keting);
            if failure.is_refusal() && !was_there {
                // What cannot be taken away is taken up by the next attempt.
                let _ = Local::discard(data, device::vault()?);
            } else if failure.retryable() {
                output::note(&joins_later(data));
            }
            return Err(failure);
        }
    };
    let status = keting.status()?;
    let holder = status.holder.unwrap_or_default();
    let role = status.role.map(|role| role_name(role.name())).unwrap_or_default();
    let documents = report.progress.documents_entered;
    output::line(format!("{holder}，{role}，收到资料 documents received {documents}"))?;
    held::note(status.held);
    Ok(())
}

/// What to do after the server could not be asked: the invitation may even be used up already, by the keys
/// that are here.
fn joins_later(data: &Path) -> String {
    let data = shell_word(&data.display().to_string());
    format!(
        "本机已准备好，还没有加入；连上服务器后输入 keting sync --data {data}，就用这份邀请加入。 This device is ready and has \
         not joined yet: once the server can be reached, keting sync --data {data} joins with this invitation."
    )
}

/// Exchanges edits with the server, once or until interrupted.
///
/// # Errors
/// When the server cannot be reached or refuses; exit code 1 while anything is held, or
/// when edits were refused.
pub fn sync(arguments: &Sync) -> Result<(), Failure> {
    let keting = device::open_below(&arguments.reading.data)?;
    if arguments.watch {
        let watched = watch::watch(&keting, arguments.reading.json);
        if let Err(failure) = &watched {
            mention_end(&keting, failure, arguments.reading.json)?;
        }
        watched?;
        return held::none_is(keting.held_count()?);
    }
    let report = match run(&keting, arguments.reading.json) {
        Err(failure) => {
            mention_end(&keting, &failure, arguments.reading.json)?;
            return Err(failure);
        }
        Ok(report) => report,
    };
    let status = keting.status()?;
    print(&report, &status, arguments.reading.json)?;
    held::none_is(status.held)?;
    match refused(&keting)? {
        Some(code) if report.progress.held > 0 => {
            let message = "见 keting outbox · edits were refused; see keting outbox".to_owned();
            Err(Failure::Server { code, message })
        }
        Some(_) | None => Ok(()),
    }
}

/// Of a device that was ended: says why, where that was just told, and what it keeps until it is invited again.
fn mention_end(keting: &Local, failure: &Failure, as_json: bool) -> Result<(), Failure> {
    let status = keting.status()?;
    let why = status.ended.filter(|_| failure.code() == "device_ended");
    let count = status.waiting_for_invitation;
    if as_json {
        let why = why.map(|why| json!({ "event": "device_ended", "why": why }));
        let waiting = json!({ "event": "waiting_for_invitation", "count": count });
        let waiting = (count > 0).then_some(waiting);
        why.iter().chain(&waiting).for_each(|event| output::note(&event.to_string()));
        return Ok(());
    }
    if let Some(why) = why {
        output::note(&status::device_ended(&why));
    }
    if count > 0 {
        output::note(&outbox::waiting_for_invitation(count));
    }
    Ok(())
}

/// Why the oldest refused edit was refused.
fn refused(keting: &Local) -> Result<Option<String>, Failure> {
    let waiting = keting.outbox(outbox::OUTBOX_MAX)?.into_iter();
    Ok(waiting
        .filter_map(|entry| match entry.state {
            OutboxState::Refused { code } => Some(code),
            OutboxState::Queued
            | OutboxState::Sent
            | OutboxState::Acknowledged
            | OutboxState::Held { .. }
            | OutboxState::Superseded => None,
        })
        .next())
}

fn run(keting: &Local, as_json: bool) -> Result<SyncReport, Failure> {
    output::progress("正在连接 connecting");
    let report = keting.sync(&mut |news| watch::note(&news, as_json));
    output::progress_done();
    Ok(report?)
}

fn print(report: &SyncReport, status: &Status, json: bool) -> Result<(), Failure> {
    let (progress, conflicts) = (&report.progress, status.conflicts);
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
            "held": status.held,
            "moot": progress.moot.iter().map(moot::to_json).collect::<Vec<_>>(),
            "conflicts": conflicts,
            "clock_off_ms": status.clock_off_ms,
        }));
    }
    output::line(format!(
        "已发送 sent {}，收到 received {}，待处理 held {}，待定 to settle {conflicts}；上传 up {} B，下载 \
         down {} B，用时 took {} ms",
        progress.commits_sent,
        progress.commits_received,
        status.held,
        report.bytes_up,
        report.bytes_down,
        report.took_ms,
    ))?;
    if conflicts > 0 {
        output::line(
            "待定的各户，见 keting household list 的待定一栏 what is to settle stands in the last column of \
             keting household list",
        )?;
    }
    Ok(())
}
