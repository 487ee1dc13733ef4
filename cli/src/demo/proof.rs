//! The last acts: what the steward does not have, and that everything agrees.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use keting_model::DocumentKind;
use serde_json::Value;

use crate::demo::figures::{Verified, number};
use crate::demo::parts::id_numbers_in;
use crate::demo::phones::{Phone, Running, as_json, program, run};
use crate::demo::roster::MicroGrid;
use crate::demo::story::{Story, items, say, server_directory, sync, text};
use crate::demo::{hold, unusable};
use crate::exit::Failure;

/// How many households are also shown in full, each by a process of its own: the whole file is searched
/// besides.
const PAGES_SHOWN_MAX: usize = 40;

impl Story {
    /// The steward sees no ID number, and has none in the file.
    pub fn look_for_id_numbers(&mut self) -> Result<(), Failure> {
        self.step(
            "红管家看不到身份证号，文件里也没有",
            "The steward sees no ID number and has none",
        )?;
        let steward = &self.cast.steward;
        let id_numbers = self.roster.id_numbers();
        let list = steward.read(&["household", "list"])?;
        let mut printed = list.to_string();
        for (place, household) in items(&list).iter().enumerate() {
            let withheld = items(&household["withheld"]);
            hold(withheld.contains(&"id_number".into()), "ID numbers are withheld by name")?;
            if place < PAGES_SHOWN_MAX {
                let page = steward.read(&["household", "show", &text(household, "id")])?;
                printed += &page.to_string();
            }
        }
        hold(id_numbers_in(printed.as_bytes(), &id_numbers).is_empty(), "no ID number is shown")?;
        let sizes = steward.read(&["inspect"])?;
        let private =
            items(&sizes["tables"]).iter().find(|table| table["name"] == "resident_private");
        hold(private.is_some_and(|table| number(table, "rows") == 0), "no private row is there")?;
        let (cells, found) = self.search(steward)?;
        hold(found == 0, "no ID number is in the steward's decrypted file")?;
        // The same search must find them where they are, or it says nothing.
        let (_, found) = self.search(&self.cast.worker)?;
        let of_worker = id_numbers_of(self.roster.micro_grids.first());
        hold(found == of_worker, "the search finds ID numbers where they are")?;
        let raw = fs::read(keting::parts::file_path(&self.cast.worker.data)).map_err(unusable)?;
        hold(id_numbers_in(&raw, &id_numbers).is_empty(), "the file on disk is encrypted")?;
        let households = items(&list).len();
        say(&format!(
            "丁有 {households} 户，身份证号标为 withheld；解密全文件 {cells} 格，0 个 · none in D's whole file"
        ))?;
        say(&format!(
            "同样去找，丙的文件里 {found} 个；不解密则一个也没有 · the same search finds {found} in C's"
        ))
    }

    /// The server stops, and every file is verified against it.
    pub fn verify_everything(mut self) -> Result<(), Failure> {
        self.step("服务器停机，逐一核验", "The server stops, and everything is verified")?;
        for phone in self.cast.all() {
            sync(&mut self.figures, phone)?;
        }
        let traffic = self.link.traffic();
        let server_files = server_directory(&self.place);
        let stopped = self.server.take().map(Running::interrupt).transpose()?;
        hold(stopped.is_some_and(|status| status.success()), "the server stops well")?;
        let mut of_server = Command::new(program()?);
        of_server.args(["verify", "--json", "--data"]).arg(&server_files);
        let store = keting_server::init::store_path(&server_files);
        let server = verified("服务器 server", &run(of_server)?.expect_done()?, &store)?;
        let mut all = Vec::new();
        for phone in self.cast.all() {
            let whose = phone.person();
            let file = keting::parts::file_path(&phone.data);
            let found = verified(&whose, &phone.read(&["verify"])?.to_string(), &file)?;
            let agrees =
                found.documents.iter().all(|(id, heads)| server.documents.get(id) == Some(heads));
            hold(agrees, "a phone has the same heads as the server, document by document")?;
            all.push(found);
        }
        let [first, second, worker, steward] = &all[..] else {
            return hold(false, "there are four phones");
        };
        hold(first.documents == worker.documents, "the head and the grid worker have the same")?;
        let mut both = worker.documents.clone();
        both.extend(second.documents.clone());
        hold(both == server.documents, "every document of the server is on a phone")?;
        let private = steward.documents_of(DocumentKind::HouseholdPrivate);
        hold(private == 0, "the steward has no private document")?;
        let entered = self.figures.edits + self.figures.edits_unsaid;
        let admitted = server.commits - self.roster.regions.len() as u64;
        hold(admitted == entered, "the server admitted every edit, and each of them once")?;
        let households = server.documents_of(DocumentKind::Household);
        hold(households == self.figures.households, "the server has every household")?;
        say(
            "签名、屏幕数据、每份文档的版本，手机与服务器处处一致 · signatures, projections, heads agree\n",
        )?;
        self.figures.verified = all;
        self.figures.verified.push(server);
        self.end_step();
        let figures = &mut self.figures;
        (figures.connections, figures.cuts) = (traffic.connections, traffic.cuts);
        (figures.bytes_up, figures.bytes_down) = (traffic.bytes_up, traffic.bytes_down);
        self.figures.print()
    }

    /// How many cells a phone's file has, and how many ID numbers of the roster stand in them.
    fn search(&self, phone: &Phone) -> Result<(u64, u64), Failure> {
        let (data, households) =
            (phone.data.to_string_lossy(), self.figures.households.to_string());
        let report = as_json(&run(phone.play(&["search", &data, &households]))?.expect_done()?)?;
        Ok((number(&report, "cells"), number(&report, "id_numbers")))
    }
}

fn id_numbers_of(micro_grid: Option<&MicroGrid>) -> u64 {
    let households = micro_grid.into_iter().flat_map(|micro_grid| &micro_grid.households);
    let people = households.flat_map(|household| &household.people);
    people.filter(|person| !person.id_number.is_empty()).count() as u64
}

fn verified(whose: &str, printed: &str, file: &Path) -> Result<Verified, Failure> {
    let report = as_json(printed)?;
    let differences = items(&report["differences"]).len();
    hold(differences == 0, "verify finds no difference")?;
    let documents: BTreeMap<String, Value> = report["documents"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(id, heads)| (id.clone(), heads.clone()))
        .collect();
    Ok(Verified {
        whose: whose.to_owned(),
        documents,
        commits: number(&report, "commits"),
        changes: number(&report, "changes"),
        differences: differences as u64,
        file_bytes: fs::metadata(file).map_err(unusable)?.len(),
    })
}
