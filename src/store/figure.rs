//! The figures of the desk: one query for each, of the centres whose reports the speaker may open. Patients are only counted.
use super::{Error, Event, Store};
use crate::domain::{
    actor::Actor,
    figure::{Figure, FigureRow, Point},
    ids::{CentreId, ProviderId},
    name::PersonName,
};
use chrono::NaiveDate;
use sqlx::PgConnection;

/// A row before it is joined to its provider's others.
struct Flat {
    provider: (ProviderId, String),
    centre: (CentreId, String),
    point: Point,
}

impl Store {
    /// One figure over the weeks between two days.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn figure(
        &self,
        actor: &Actor,
        figure: Figure,
        from: NaiveDate,
        to: NaiveDate,
        opened: bool,
    ) -> Result<Vec<FigureRow>, Error> {
        self.view(actor, Event::new("report.open", "centre"), opened, move |c| {
            Box::pin(async move {
                let flat = flat(&mut *c, figure, from, to).await?;
                let facts = serde_json::json!({ "figure": figure.code(), "from": from, "to": to });
                Ok((joined(flat), facts))
            })
        })
        .await
    }
}

fn joined(flat: Vec<Flat>) -> Vec<FigureRow> {
    let mut rows: Vec<FigureRow> = vec![];
    for one in flat {
        let found = rows.iter_mut().find(|r| (r.provider, r.centre) == (one.provider.0, one.centre.0));
        match found {
            Some(row) => row.points.push(one.point),
            None => rows.push(FigureRow {
                provider: one.provider.0,
                provider_name: one.provider.1,
                centre: one.centre.0,
                centre_name: one.centre.1,
                points: vec![one.point],
            }),
        }
    }
    rows.sort_by(|a, b| (&a.centre_name, &a.provider_name).cmp(&(&b.centre_name, &b.provider_name)));
    rows
}

fn share(n: i64, of: i64) -> Option<f64> {
    (of > 0).then(|| 100.0 * n as f64 / of as f64)
}

/// What a week's number says: a share of all, or minutes; the days until the third free time have no week.
fn value(figure: Figure, n: i64, of: i64) -> Option<f64> {
    match figure {
        Figure::Utilisation | Figure::NoShows => share(n, of),
        Figure::Waits | Figure::ThirdFree => Some(n as f64),
    }
}

async fn flat(
    c: &mut PgConnection,
    figure: Figure,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<Flat>, Error> {
    // Only the branch of the figure is run: the others' condition is false before their function is called.
    let rows = sqlx::query!(
        r#"select r.provider_id as "provider!", r.centre_id as "centre!", r.week as "week!", r.n, r.of as "of!", r.by_minutes,
                  v.family_name, v.given_name, c.name
             from (select u.provider_id, u.centre_id, u.week, u.n, u.of, null::bigint as by_minutes
                     from clinic.report_utilisation($1, $2) u where $3 = 'utilisation'
                   union all
                   select s.provider_id, s.centre_id, s.week, s.n, s.of, null
                     from clinic.report_no_shows($1, $2) s where $3 = 'no-shows'
                   union all
                   select w.provider_id, w.centre_id, w.week, w.n, w.of, w.by_minutes
                     from clinic.report_waits($1, $2) w where $3 = 'waits'
                   union all
                   select t.provider_id, t.centre_id, $2, t.days, 1, null
                     from clinic.report_third_free() t where $3 = 'third-next-available') r
             join clinic.provider p on p.id = r.provider_id join clinic.account v on v.id = p.account_id
             join clinic.centre c on c.id = r.centre_id order by r.week"#,
        from,
        to,
        figure.code()
    )
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Flat {
            provider: (r.provider.into(), PersonName::new(r.family_name, r.given_name).to_string()),
            centre: (r.centre.into(), r.name),
            point: Point {
                week: r.week,
                value: r.n.and_then(|n| value(figure, n, r.of)),
                of: r.of,
                by: r.by_minutes,
            },
        })
        .collect())
}
