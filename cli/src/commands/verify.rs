//! Checking everything, and showing what is in a file.

use keting::parts::{file_path, replica_of};
use keting_server::init::store_path;
use keting_server::store::sqlite::{SqliteStore, measure};
use keting_server::store::{ServerStore, StoreError};
use keting_server::verify::Difference;
use serde_json::{Map, Value, json};

use crate::arguments::Reading;
use crate::device;
use crate::exit::Failure;
use crate::output;

/// How many of a server's documents are read at once.
const DOCUMENTS_AT_ONCE: u32 = 1_000;

/// What a verification found, of a device or a server.
struct Found {
    documents: Map<String, Value>,
    commits: u64,
    changes: u64,
    differences: Vec<(String, String)>,
}

/// Verifies a device's file or a server's store.
///
/// # Errors
/// When it cannot be read; exit code 6 when something does not hold up.
pub fn verify(reading: &Reading) -> Result<(), Failure> {
    let is_server = store_path(&reading.data).exists();
    let found = if is_server { verify_server(reading)? } else { verify_device(reading)? };
    output::progress_done();
    let proven = if is_server { "log" } else { "signatures" };
    if reading.json {
        let differences: Vec<_> = found
            .differences
            .iter()
            .map(|(document, what)| json!({ "document": document, "what": what }))
            .collect();
        output::json(&json!({
            "documents": found.documents,
            "commits": found.commits,
            "changes": found.changes,
            "proven_by": proven,
            "differences": differences,
        }))?;
    } else {
        for (document, what) in &found.differences {
            output::line(format!("{document}  {what}"))?;
        }
        output::line(format!(
            "文档 documents {}，提交 commits {}，变更 changes {}，不一致 differences {}",
            found.documents.len(),
            found.commits,
            found.changes,
            found.differences.len()
        ))?;
    }
    match found.differences.len() {
        0 => Ok(()),
        count => Err(Failure::Difference(count)),
    }
}

fn verify_device(reading: &Reading) -> Result<Found, Failure> {
    let keting = device::open_below(&reading.data)?;
    let report = replica_of(&keting).verify(&mut |done, total| {
        output::progress(&format!("已核对文档 documents checked: {done}/{total}"));
    })?;
    let documents = report.documents.iter().map(|(id, found)| (id.to_string(), heads(found)));
    Ok(Found {
        documents: documents.collect(),
        commits: report.commits,
        changes: report.changes,
        differences: report
            .differences
            .into_iter()
            .map(|difference| (difference.document.to_string(), difference.what.to_owned()))
            .collect(),
    })
}

/// Shows what is in a device's file or a server's store, and how large it is.
///
/// # Errors
/// When it cannot be opened.
pub fn inspect(reading: &Reading) -> Result<(), Failure> {
    let (path, sizes) = if store_path(&reading.data).exists() {
        let path = store_path(&reading.data);
        let sizes = measure(&path).map_err(keting::EngineError::from)?;
        (path, sizes)
    } else {
        let keting = device::open_below(&reading.data)?;
        let sizes = keting.read(|reader| reader.sizes())?;
        (file_path(&reading.data), sizes)
    };
    if reading.json {
        let tables: Vec<_> = sizes
            .tables
            .iter()
            .map(|table| json!({ "name": table.name, "rows": table.row_count, "bytes": table.bytes }))
            .collect();
        return output::json(&json!({
            "file": path, "bytes": sizes.total_bytes, "free_bytes": sizes.free_bytes,
            "tables": tables,
        }));
    }
    let rows: Vec<_> = sizes
        .tables
        .into_iter()
        .map(|table| vec![table.name, table.row_count.to_string(), table.bytes.to_string()])
        .collect();
    output::table(&["表 table", "行 rows", "字节 bytes"], &rows)?;
    output::line(format!("{}: 字节 bytes {}", path.display(), sizes.total_bytes))
}

fn verify_server(reading: &Reading) -> Result<Found, Failure> {
    let mut store =
        SqliteStore::open_to_read(&store_path(&reading.data)).map_err(keting::EngineError::from)?;
    let read = store.snapshot().map_err(|error| unreadable(&error))?;
    let report = keting_server::verify::verify(&*read, &mut |done| {
        output::progress(&format!("已核对条目与文档 entries and documents checked: {done}"));
    })
    .map_err(|error| unreadable(&error))?;
    let mut documents = Map::new();
    let mut last = None;
    loop {
        let page =
            read.documents(last.as_ref(), DOCUMENTS_AT_ONCE).map_err(|error| unreadable(&error))?;
        let Some(end) = page.last() else { break };
        last = Some(end.id);
        documents.extend(page.iter().map(|found| (found.id.to_string(), heads(&found.heads))));
    }
    let about = |difference: &keting_server::verify::Difference| match difference {
        Difference { document: Some(document), .. } => document.to_string(),
        Difference { number: Some(number), .. } => format!("#{number}"),
        Difference { .. } => String::new(),
    };
    Ok(Found {
        documents,
        commits: report.commits,
        changes: report.changes,
        differences: report
            .differences
            .iter()
            .map(|difference| (about(difference), difference.code.to_owned()))
            .collect(),
    })
}

fn heads(heads: &[keting_model::ChangeHash]) -> Value {
    Value::from(heads.iter().map(ToString::to_string).collect::<Vec<_>>())
}

fn unreadable(error: &StoreError) -> Failure {
    Failure::Server { code: error.code().to_owned(), message: error.to_string() }
}
