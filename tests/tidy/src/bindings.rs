//! What holds of the room whose functions apps in other languages call. Each rule is one that the
//! generated code does not keep by itself; why stands in the room's first comment.

/// What a record or an argument that crosses may not be made of.
const DO_NOT_CROSS: [&str; 5] = ["usize", "BTreeMap<", "HashMap<", "BTreeSet<", "&'static"];

/// Finds exported functions that could end an app, or tell it what a panic says.
pub fn unguarded_exports(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for function in exported(text) {
        let name = function.signature.split(['(', '<']).next().unwrap_or_default();
        let name = name.rsplit(' ').next().unwrap_or_default();
        if !function.signature.contains("-> Result<") {
            findings.push(format!("{path}: {name} does not return a Result"));
        }
        if !function.body.contains("guarded::now(") && !function.body.contains("guarded::soon(") {
            findings.push(format!("{path}: {name} does not run guarded"));
        }
    }
    findings
}

/// Finds what must not stand in the room at all.
pub fn unfit_for_crossing(path: &str, text: &str) -> Vec<String> {
    let said = |line: &str, what: &str| format!("{path}: {what}: {}", line.trim());
    let mut findings = Vec::new();
    let mut crosses = false;
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        if line.contains("unsafe ") {
            findings.push(said(line, "unsafe is for generated code"));
        }
        if line.contains("async_runtime") {
            findings.push(said(line, "a second runtime"));
        }
        let begins = line.starts_with("#[uniffi::remote(") || line.contains("uniffi::Record");
        crosses = (crosses || begins || line.contains("uniffi::Enum")) && line != "}";
        if !crosses {
            continue;
        }
        let typed = line.split_once(": ").map_or("", |(_, typed)| typed);
        if typed.contains("dyn ") || typed.starts_with('(') || typed.contains("<(") {
            findings.push(said(line, "does not cross"));
        }
        if DO_NOT_CROSS.iter().any(|what| typed.contains(what)) {
            findings.push(said(line, "does not cross"));
        }
    }
    findings
}

/// Finds settings of the generators that have hurt others.
pub fn unfit_settings(uniffi_toml: &str) -> Vec<String> {
    let says = |line: &str| uniffi_toml.lines().filter(|other| other.trim() == line).count();
    let mut findings = Vec::new();
    if says("omit_checksums = true") != 2 {
        findings.push("checksums fail on 32-bit ARM: omit_checksums in both languages".to_owned());
    }
    if says("generate_immutable_records = true") != 1 {
        findings.push("records are immutable: generate_immutable_records".to_owned());
    }
    if says("android = true") != 0 {
        findings.push("android = true imports AndroidX".to_owned());
    }
    findings
}

struct Function {
    signature: String,
    body: String,
}

/// The functions that a text exports, those that a macro makes among them. It is formatted, so an item ends at
/// the first line that begins with its closing brace, as far in as its first line.
fn exported(text: &str) -> Vec<Function> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "#[uniffi::export]" {
            continue;
        }
        let far_in = &line[..line.len() - line.trim_start().len()];
        let ends = ["}", ")+}"].map(|brace| format!("{far_in}{brace}"));
        let item: Vec<&str> =
            lines.by_ref().take_while(|line| !ends.iter().any(|end| end == line)).collect();
        let is_function =
            |line: &str| line.starts_with("pub fn") || line.starts_with("pub async fn");
        let starts: Vec<usize> =
            (0..item.len()).filter(|at| is_function(item[*at].trim())).collect();
        let ends = starts.iter().skip(1).copied().chain([item.len()]);
        for (start, end) in starts.iter().copied().zip(ends) {
            let all = item[start..end].join("\n");
            let (signature, body) = all.split_once(" {\n").unwrap_or((&all, ""));
            found.push(Function { signature: signature.to_owned(), body: body.to_owned() });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::{files, read};

    fn sources() -> Vec<(String, String)> {
        let ours = |path: &String| path.starts_with("bindings/ffi/src/") && path.ends_with(".rs");
        let all = files().unwrap().into_iter().filter(ours);
        all.map(|path| (path.clone(), read(&path).unwrap())).collect()
    }

    #[test]
    fn every_export_returns_a_result_and_runs_guarded() {
        let sources = sources();
        let all: usize = sources.iter().map(|(_, text)| exported(text).len()).sum();
        assert!(all > 15, "{all} exports were found");
        for (path, text) in sources {
            crate::expect_none(&unguarded_exports(&path, &text));
        }
        let bad =
            "#[uniffi::export]\nimpl Core {\n    pub fn a(&self) -> u32 {\n        1\n    }\n}\n";
        assert_eq!(unguarded_exports("x", bad).len(), 2);
        let made = "        #[uniffi::export]\n        impl Core {$(\n            pub fn $verb(&self) -> Result<(), E> {\n                self.keting.$verb()\n            }\n        )+}\n";
        assert_eq!(unguarded_exports("x", made).len(), 1);
    }

    #[test]
    fn nothing_crosses_that_the_other_side_cannot_take() {
        for (path, text) in sources() {
            crate::expect_none(&unfit_for_crossing(&path, &text));
        }
        let bad = "#[uniffi::remote(Record)]\npub struct A {\n    pub b: usize,\n    pub c: (u8, u8),\n}\n";
        assert_eq!(unfit_for_crossing("x", bad).len(), 2);
        assert_eq!(unfit_for_crossing("x", "unsafe fn a() {}\n").len(), 1);
    }

    #[test]
    fn the_generators_are_set_as_other_peoples_trouble_taught() {
        crate::expect_none(&unfit_settings(&read("bindings/ffi/uniffi.toml").unwrap()));
        assert_eq!(unfit_settings("android = true").len(), 3);
    }
}
