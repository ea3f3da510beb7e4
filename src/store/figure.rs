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
                let flat = match figure {
                    Figure::Utilisation => utilisation(&mut *c, from, to).await?,
                    Figure::NoShows => no_shows(&mut *c, from, to).await?,
                    Figure::Waits => waits(&mut *c, from, to).await?,
                    Figure::ThirdFree => third_free(&mut *c, to).await?,
                };
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

async fn utilisation(c: &mut PgConnection, from: NaiveDate, to: NaiveDate) -> Result<Vec<Flat>, Error> {
    let rows = sqlx::query!(
        r#"select r.provider_id as "provider!", r.centre_id as "centre!", r.week as "week!", r.n as "n!", r.of as "of!",
                  v.family_name, v.given_name, c.name
             from clinic.report_utilisation($1, $2) r
             join clinic.provider p on p.id = r.provider_id join clinic.account v on v.id = p.account_id
             join clinic.centre c on c.id = r.centre_id order by r.week"#,
        from,
        to
    )
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Flat {
            provider: (r.provider.into(), PersonName::new(r.family_name, r.given_name).to_string()),
            centre: (r.centre.into(), r.name),
            point: Point { week: r.week, value: share(r.n, r.of), of: r.of, by: None },
        })
        .collect())
}

async fn no_shows(c: &mut PgConnection, from: NaiveDate, to: NaiveDate) -> Result<Vec<Flat>, Error> {
    let rows = sqlx::query!(
        r#"select r.provider_id as "provider!", r.centre_id as "centre!", r.week as "week!", r.n as "n!", r.of as "of!",
                  v.family_name, v.given_name, c.name
             from clinic.report_no_shows($1, $2) r
             join clinic.provider p on p.id = r.provider_id join clinic.account v on v.id = p.account_id
             join clinic.centre c on c.id = r.centre_id order by r.week"#,
        from,
        to
    )
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Flat {
            provider: (r.provider.into(), PersonName::new(r.family_name, r.given_name).to_string()),
            centre: (r.centre.into(), r.name),
            point: Point { week: r.week, value: share(r.n, r.of), of: r.of, by: None },
        })
        .collect())
}

async fn waits(c: &mut PgConnection, from: NaiveDate, to: NaiveDate) -> Result<Vec<Flat>, Error> {
    let rows = sqlx::query!(
        r#"select r.provider_id as "provider!", r.centre_id as "centre!", r.week as "week!", r.n as "n!", r.by_minutes as "by!",
                  r.of as "of!", v.family_name, v.given_name, c.name
             from clinic.report_waits($1, $2) r
             join clinic.provider p on p.id = r.provider_id join clinic.account v on v.id = p.account_id
             join clinic.centre c on c.id = r.centre_id order by r.week"#,
        from,
        to
    )
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Flat {
            provider: (r.provider.into(), PersonName::new(r.family_name, r.given_name).to_string()),
            centre: (r.centre.into(), r.name),
            point: Point { week: r.week, value: Some(r.n as f64), of: r.of, by: Some(r.by) },
        })
        .collect())
}

async fn third_free(c: &mut PgConnection, today: NaiveDate) -> Result<Vec<Flat>, Error> {
    let rows = sqlx::query!(
        r#"select r.provider_id as "provider!", r.centre_id as "centre!", r.days, v.family_name, v.given_name, c.name
             from clinic.report_third_free() r
             join clinic.provider p on p.id = r.provider_id join clinic.account v on v.id = p.account_id
             join clinic.centre c on c.id = r.centre_id"#
    )
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| Flat {
            provider: (r.provider.into(), PersonName::new(r.family_name, r.given_name).to_string()),
            centre: (r.centre.into(), r.name),
            point: Point { week: today, value: r.days.map(f64::from), of: 1, by: None },
        })
        .collect())
}
