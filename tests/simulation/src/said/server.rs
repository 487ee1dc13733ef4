//! Screens made of the server's documents alone.

use std::path::Path;

use keting_model::{Document, PROJECTION_MIGRATIONS, RowChange, project};
use keting_server::store::ServerRead;
use keting_store::{Access, OpenConfig, Owner, Store};
use keting_testkit::vfs::Disk;

use crate::world::Broken;

/// A file with the rows of the server's documents, as somebody would have it who may read all. Who
/// wrote them it does not know.
///
/// # Errors
/// When the file cannot be made.
pub fn screens_of_server(read: &dyn ServerRead, disk: &Disk) -> Result<Store, Broken> {
    let config = OpenConfig {
        path: Path::new("/screens.db"),
        key: None,
        access: Access::Vfs(disk.vfs_name()),
        owners: &[Owner { name: "model", migrations: PROJECTION_MIGRATIONS }],
        full_sync: false,
    };
    let mut store = Store::open(&config).map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    for stored in read.documents(None, u32::MAX).unwrap() {
        let snapshot = read.document_snapshot(&stored.id).unwrap().unwrap();
        let document = Document::load(stored.id, &snapshot).unwrap();
        rows.extend(project(&document).into_iter().map(RowChange::Put));
    }
    store.write(|file| file.put_row_changes(&rows)).map_err(|error| error.to_string())?;
    Ok(store)
}
