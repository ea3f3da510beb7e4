//! Taking what is shown out of the log, into a file that only its owner can read. The log is told first.
use crate::{
    domain::{actor::Actor, audit::AuditFilter, ids::RequestId},
    interop::audit::{COLUMNS, csv_row},
    store::{Error, Store},
    tr,
};
use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt as _, path::Path};

/// How many lines are fetched at once, and how many pages at most.
const PAGE: i64 = 1_000;
const PAGES: usize = 50;

/// Writes the lines that fit into a new file; how many there were, or why the file cannot be written.
pub(super) async fn save(
    store: Store,
    actor: &Actor,
    filter: AuditFilter,
    file: &Path,
) -> Result<Result<usize, String>, Error> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut out = match made {
        Ok(file) => csv::Writer::from_writer(file),
        Err(e) => return Ok(Err(tr!("{file} cannot be made: {why}", file = file.display(), why = e))),
    };
    store.begin_audit_export(actor, RequestId::new(), filter.clone()).await?;
    let mut lines = 0;
    let mut after = None;
    let mut written = out.write_record(COLUMNS);
    for _ in 0..PAGES {
        let page = store.audit_entries(actor, filter.clone(), after, PAGE, false).await?;
        for entry in &page.entries {
            written = written.and_then(|()| out.write_record(csv_row(entry, page.zone)));
        }
        lines += page.entries.len();
        after = page.entries.last().map(crate::domain::audit::AuditEntry::key);
        if page.entries.len() as i64 != PAGE {
            break;
        }
    }
    let done = written.map_err(std::io::Error::other).and_then(|()| out.flush());
    let done = done.and_then(|()| out.get_ref().sync_all()).map(|()| lines);
    Ok(done.map_err(|e| tr!("{file} could not be written: {why}", file = file.display(), why = e)))
}
