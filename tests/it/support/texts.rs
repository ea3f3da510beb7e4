//! Sealed texts of rows that a test writes or reads by SQL, as whoever holds the keys sees them.
use praxis::{domain::ids::PatientId, store::sealed::BulkKeys};
use sqlx::PgConnection;
use uuid::Uuid;

/// A text as it is kept in a column of the row `id` of a patient.
pub async fn sealed(
    c: &mut PgConnection,
    patient: PatientId,
    place: (&str, &str),
    id: impl Into<Uuid>,
    text: &str,
) -> Vec<u8> {
    let keys = BulkKeys::of(c, &crate::support::keys(), [patient.0].into()).await.expect("a key");
    keys.seal(place, id.into(), patient.0, text).expect("a sealed text")
}

/// The texts of a column of `clinic.table`, whose rows have a patient, as whoever holds the key reads them.
pub async fn texts(c: &mut PgConnection, table: &'static str, column: &'static str) -> Vec<String> {
    let sql =
        format!("select id, patient_id, {column} from clinic.{table} where {column} is not null order by id");
    let rows: Vec<(Uuid, Option<Uuid>, Vec<u8>)> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(&mut *c).await.expect("rows");
    let owners = rows.iter().map(|r| r.1.unwrap_or_default()).collect();
    let keys = BulkKeys::of(c, &crate::support::keys(), owners).await.expect("keys");
    let text = |(id, patient, bytes): &(Uuid, Option<Uuid>, Vec<u8>)| match bytes.as_slice() {
        [0, plain @ ..] => String::from_utf8_lossy(plain).into_owned(),
        _ => keys.open((table, column), *id, patient.unwrap_or_default(), bytes).expect("it opens"),
    };
    rows.iter().map(text).collect()
}
