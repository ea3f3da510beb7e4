//! The figures the desk is led by: utilisation, no-shows, waits, and the third next available time; a series of weeks for each
//! provider at each centre.
use super::ids::{CentreId, ProviderId};
use crate::tr;
use chrono::NaiveDate;

/// One of the figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Figure {
    #[default]
    Utilisation,
    NoShows,
    Waits,
    ThirdFree,
}

impl Figure {
    /// Every figure, in the order of the tabs.
    pub const ALL: [Self; 4] = [Self::Utilisation, Self::NoShows, Self::Waits, Self::ThirdFree];

    /// The name in files.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Utilisation => "utilisation",
            Self::NoShows => "no-shows",
            Self::Waits => "waits",
            Self::ThirdFree => "third-next-available",
        }
    }
    /// The word on a tab.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Utilisation => tr!("Utilisation"),
            Self::NoShows => tr!("No-shows"),
            Self::Waits => tr!("Waits"),
            Self::ThirdFree => tr!("Third free"),
        }
    }
    /// What it counts, in one sentence.
    #[must_use]
    pub fn means(self) -> &'static str {
        match self {
            Self::Utilisation => tr!("Booked minutes of slots, of the minutes of the sessions."),
            Self::NoShows => tr!("Appointments nobody came to, of those that were due."),
            Self::Waits => {
                tr!("Minutes from check-in to visit: half wait no longer; nine of ten in brackets.")
            }
            Self::ThirdFree => tr!("Days until the third time that is still free, as it stands now."),
        }
    }
}

/// One provider at one centre in one week.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Monday; the day of asking for what has no past.
    pub week: NaiveDate,
    /// Percent, minutes or days; `None`: there is nothing to count, or none within 60 days.
    pub value: Option<f64>,
    /// What it is a share of, or how many visits.
    pub of: i64,
    /// For waits: nine of ten wait no longer.
    pub by: Option<i64>,
}

/// The weeks of one provider at one centre.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureRow {
    pub provider: ProviderId,
    pub provider_name: String,
    pub centre: CentreId,
    pub centre_name: String,
    /// The oldest first.
    pub points: Vec<Point>,
}

impl FigureRow {
    /// Over all its weeks: shares by what they are of, others by visits.
    #[must_use]
    pub fn overall(&self) -> Option<f64> {
        let known: Vec<(f64, f64)> =
            self.points.iter().filter_map(|p| Some((p.value?, p.of.max(1) as f64))).collect();
        let weight: f64 = known.iter().map(|(_, w)| w).sum();
        (weight > 0.0).then(|| known.iter().map(|(v, w)| v * w).sum::<f64>() / weight)
    }
}

/// How a value of a figure is written.
#[must_use]
pub fn shown(figure: Figure, value: Option<f64>) -> String {
    match (figure, value) {
        (_, None) => "-".into(),
        (Figure::Utilisation | Figure::NoShows, Some(v)) => format!("{v:.0} %"),
        (Figure::Waits, Some(v)) => format!("{v:.0} min"),
        (Figure::ThirdFree, Some(v)) => tr!("{n} d", n = v as i64),
    }
}

/// The lines of a CSV file, the head first.
#[must_use]
pub fn csv_rows(figure: Figure, rows: &[FigureRow]) -> Vec<[String; 6]> {
    let head = ["figure", "centre", "provider", "week", "value", "of"].map(str::to_owned);
    let mut lines = vec![head];
    for row in rows {
        for p in &row.points {
            lines.push([
                figure.code().into(),
                row.centre_name.clone(),
                row.provider_name.clone(),
                p.week.to_string(),
                p.value.map(|v| format!("{v:.1}")).unwrap_or_default(),
                p.of.to_string(),
            ]);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_with_more_counts_more() {
        let point = |value, of| Point { week: NaiveDate::default(), value, of, by: None };
        let row = FigureRow {
            provider: ProviderId::new(),
            provider_name: "SMITH Anna".into(),
            centre: CentreId::new(),
            centre_name: "Randwick".into(),
            points: vec![point(Some(100.0), 10), point(Some(0.0), 30), point(None, 0)],
        };
        assert_eq!(row.overall(), Some(25.0));
        assert_eq!(shown(Figure::NoShows, row.overall()), "25 %");
        assert_eq!(csv_rows(Figure::NoShows, &[row])[1][4], "100.0");
    }
}
