//! Who can be booked and where: small lists that the pickers keep whole in memory.
use super::{Error, Store, appointment::zone_of};
use crate::domain::{
    actor::Actor,
    booking::{BookableCentre, BookableDepartment, BookableProvider, Directory},
    name::PersonName,
};

impl Store {
    /// Every active provider and every centre in use.
    ///
    /// # Errors
    /// Those of the line to the server, and [`Error::NoSession`].
    pub async fn directory(&self, actor: &Actor) -> Result<Directory, Error> {
        self.read(actor, |c| {
            Box::pin(async move {
                let providers = sqlx::query!(
                    r#"select p.id, a.family_name, a.given_name, p.profession, coalesce(p.expertise, '') as "expertise!", p.department_id,
                              array(select s.name from clinic.provider_specialty ps join clinic.specialty s on s.code = ps.specialty
                                     where ps.provider_id = p.id order by s.name) as "specialties!: Vec<String>",
                              array(select pc.centre_id from clinic.provider_centre pc where pc.provider_id = p.id)
                                  as "centres!: Vec<uuid::Uuid>"
                         from clinic.provider p join clinic.account a on a.id = p.account_id
                        where a.deactivated_at is null
                        order by a.family_name, a.given_name, p.id"#
                )
                .fetch_all(&mut *c)
                .await?;
                let centres = sqlx::query!(
                    r#"select id, kind, name, coalesce(suburb, '') as "suburb!", zone from clinic.centre
                        where retired_at is null order by name, id"#
                )
                .fetch_all(&mut *c)
                .await?;
                let departments = sqlx::query!(
                    r#"select id, centre_id, name, closed, coalesce(opens, '') as "opens!" from clinic.department
                        where retired_at is null order by name, id"#
                )
                .fetch_all(&mut *c)
                .await?;
                Ok(Directory {
                    providers: providers
                        .into_iter()
                        .map(|p| BookableProvider {
                            id: p.id.into(),
                            name: PersonName::new(p.family_name, p.given_name),
                            profession: p.profession,
                            specialties: p.specialties,
                            expertise: p.expertise,
                            department: p.department_id.map(Into::into),
                            centres: p.centres.into_iter().map(Into::into).collect(),
                        })
                        .collect(),
                    centres: centres
                        .into_iter()
                        .map(|c| BookableCentre {
                            id: c.id.into(),
                            kind: c.kind,
                            name: c.name,
                            suburb: c.suburb,
                            zone: zone_of(&c.zone),
                            departments: departments
                                .iter()
                                .filter(|d| d.centre_id == c.id)
                                .map(|d| BookableDepartment {
                                    id: d.id.into(),
                                    name: d.name.clone(),
                                    closed: d.closed,
                                    opens: d.opens.clone(),
                                })
                                .collect(),
                        })
                        .collect(),
                })
            })
        })
        .await
    }
}
