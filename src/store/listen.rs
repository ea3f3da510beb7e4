//! Hearing of other people's changes: one listener per program. A lost line means that everything may have changed.
use super::{Change, Link, RowChange, Store};
use sqlx::postgres::PgListener;
use std::time::Duration;
use tokio::sync::mpsc;

impl Store {
    /// Changes as they are committed, until the receiver is dropped. Reconnects by itself and says so.
    #[must_use]
    pub fn listen(&self) -> mpsc::UnboundedReceiver<Change> {
        let (tx, rx) = mpsc::unbounded_channel();
        let store = self.clone();
        tokio::spawn(async move {
            let mut wait = Duration::from_millis(100);
            while !tx.is_closed() && !store.0.listener.is_closed() {
                if store.hear(&tx, &mut wait).await.is_none() {
                    return;
                }
                store.0.keyring.forget_all();
                if tx.send(Change::Link(Link::Lost)).is_err() {
                    return;
                }
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(Duration::from_secs(4));
                let _ = store.reconnect().await;
            }
        });
        rx
    }

    /// Listens until the line breaks (`Some`) or nobody wants to hear (`None`).
    async fn hear(&self, tx: &mpsc::UnboundedSender<Change>, wait: &mut Duration) -> Option<()> {
        let Ok(mut listener) = PgListener::connect_with(&self.0.listener).await else { return Some(()) };
        listener.ignore_pool_close_event(false);
        if listener.listen("change").await.is_err() {
            return Some(());
        }
        *wait = Duration::from_millis(100);
        tx.send(Change::Link(Link::Up)).ok()?;
        // What was said while nobody listened is not known: keys are fetched again.
        self.0.keyring.forget_all();
        tx.send(Change::Everything).ok()?;
        loop {
            let heard = tokio::select! {
                () = tx.closed() => return None,
                heard = listener.try_recv() => heard,
            };
            match heard {
                Ok(Some(n)) => {
                    let change = serde_json::from_str::<RowChange>(n.payload())
                        .map_or(Change::Everything, Change::Row);
                    // A key that was destroyed is forgotten here too.
                    if let Change::Row(row) = &change
                        && row.entity == "patient_key"
                        && let Some(patient) = row.patient
                    {
                        self.0.keyring.forget(patient);
                    }
                    tx.send(change).ok()?;
                }
                Ok(None) | Err(_) => return Some(()),
            }
        }
    }
}
