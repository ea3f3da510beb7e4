//! What concerns the signed-in person, read from the tables by their own rights, and what of it they have read. What is work
//! stays until it is done; what is news is gone once it was read, or after 30 days.
use super::{Error, Event, Store};
use crate::domain::{
    actor::Actor,
    ids::RequestId,
    name::PersonName,
    notice::{Notice, NoticeKind},
};
use uuid::Uuid;

/// The most notices of one answer.
pub const MOST_NOTICES: i64 = 300;

impl Store {
    /// What concerns the speaker: what is due first, then the newest first. At most [`MOST_NOTICES`].
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn notices(&self, actor: &Actor, opened: bool) -> Result<Vec<Notice>, Error> {
        self.read(actor, move |c| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    r#"with me as materialized (
                           select auth.actor() as id, auth.provider_id() as provider, auth.own_patient() as patient,
                                  clinic.now() - interval '30 days' as since, clinic.reads_clinic_box() as box,
                                  auth.unrestricted('access.grant', 'access.refuse') as grants,
                                  auth.unrestricted('account.register') as registers,
                                  auth.unrestricted('registration.accept') as accepts,
                                  auth.permits('emergency.review') is not null as reviews,
                                  auth.permits('subject.erase') is not null as erases,
                                  auth.permits('permission.confirm') is not null as confirms),
                       n as (
                           select 'result' as kind, q.id, x.at, null::date as due, p.family_name as family, p.given_name as given,
                                  q.patient_id, q.encounter_id
                             from me join clinic.service_request q on q.author = me.id
                              and q.status in ('ordered', 'collected', 'sent', 'received') and q.struck_at is null
                             join lateral (select max(r.created_at) as at from clinic.result r
                                            where r.service_request_id = q.id and r.acknowledged_at is null and r.struck_at is null) x
                               on x.at is not null
                             join clinic.patient p on p.id = q.patient_id
                           union all
                           select case when m.due_on is null then 'message' else 'task' end, m.id, m.sent_at, m.due_on, '', m.from_name,
                                  m.patient_id, null
                             from me, clinic.message m
                            where (m.to_account = me.id or m.kind = 'clinic' and me.box)
                              and case when m.due_on is null then m.read_at is null else m.done_at is null end
                           union all
                           select 'access-asked', r.id, r.asked_at, null, a.family_name, a.given_name, r.patient_id, null
                             from me, clinic.access_request r join clinic.account a on a.id = r.asker
                            where r.state = 'asked' and r.asker <> me.id and (r.patient_id = me.patient or me.grants)
                           union all
                           select case r.state when 'granted' then 'access-granted' else 'access-refused' end, r.id, r.decided_at, null,
                                  p.family_name, p.given_name, r.patient_id, null
                             from me join clinic.access_request r on r.asker = me.id and r.state in ('granted', 'refused')
                              and r.decided_at > me.since
                             join clinic.patient p on p.id = r.patient_id
                           union all
                           select case k.state when 'asked' then 'connection-asked' when 'approved' then 'connection-accepted'
                                               else 'connection-rejected' end,
                                  k.id, coalesce(k.decided_at, k.asked_at), null,
                                  case when k.patient_id = me.patient then a.family_name else p.family_name end,
                                  case when k.patient_id = me.patient then a.given_name else p.given_name end, k.patient_id, null
                             from me, clinic.connection k
                             join clinic.patient p on p.id = k.patient_id
                             join clinic.provider v on v.id = k.provider_id join clinic.account a on a.id = v.account_id
                            where (k.patient_id = me.patient or k.provider_id = me.provider)
                              and case k.state when 'asked' then (k.asked_side = 'provider') = (k.patient_id = me.patient)
                                               when 'ended' then false
                                               else k.decided_at > me.since and (k.asked_side = 'patient') = (k.patient_id = me.patient) end
                           union all
                           select 'patient-applies', r.id, r.created_at, null, r.family_name, r.given_name, null, null
                             from me, clinic.patient_registration r where me.registers and r.state = 'pending'
                           union all
                           select 'provider-applies', r.id, r.created_at, null, r.family_name, r.given_name, null, null
                             from me, clinic.provider_registration r where me.accepts and r.state = 'pending'
                           union all
                           select 'accepted', r.id, r.decided_at, null, r.family_name, r.given_name, r.as_patient, null
                             from me, clinic.patient_registration r
                            where r.account_id = me.id and r.state = 'accepted' and r.decided_at > me.since
                           union all
                           select 'review', e.id, e.opened_at, e.due_on, a.family_name, a.given_name, e.patient_id, null
                             from me, clinic.emergency e join clinic.account a on a.id = e.account_id
                            where me.reviews and e.verdict is null and e.account_id <> me.id
                              and e.patient_id is distinct from me.patient and (e.ended_at is not null or e.until <= clinic.now())
                           union all
                           select 'reviewed', e.id, e.reviewed_at, null, p.family_name, p.given_name, e.patient_id, null
                             from me join clinic.emergency e on e.account_id = me.id and e.verdict = 'not_justified' and e.reviewed_at > me.since
                             join clinic.patient p on p.id = e.patient_id
                           union all
                           select 'unsigned', e.id, e.started_at, null, p.family_name, p.given_name, e.patient_id, e.id
                             from me join clinic.encounter e on e.provider_id = me.provider and e.state in ('open', 'paused')
                             join clinic.centre z on z.id = e.centre_id and e.day < (clinic.now() at time zone z.zone)::date
                             join clinic.patient p on p.id = e.patient_id
                           union all
                           select 'erasure', x.id, x.proposed_at, null, p.family_name, p.given_name, x.patient_id, null
                             from me, clinic.erasure x join clinic.patient p on p.id = x.patient_id
                            where me.erases and x.confirmed_at is null and x.withdrawn_at is null and x.proposed_by <> me.id
                           union all
                           select 'permission', h.id, h.proposed_at, null, a.family_name, a.given_name, null, null
                             from me, clinic.policy_change h join clinic.account a on a.id = h.proposed_by
                            where me.confirms and h.state = 'proposed' and h.proposed_by <> me.id)
                       select n.kind as "kind!", n.id as "id!", n.at as "at!", n.due, n.family as "family!", n.given as "given!",
                              n.patient_id, n.encounter_id, r.id is null as "new!"
                         from n left join clinic.notice_read r on r.account_id = auth.actor() and r.kind = n.kind and r.id = n.id
                        order by n.due nulls last, n.at desc, n.id limit $1"#,
                    MOST_NOTICES
                )
                .fetch_all(&mut *c)
                .await?;
                if opened {
                    let facts = serde_json::json!({ "rows": rows.len() });
                    Event::new("message.open", "notice").facts(facts).record(c).await?;
                }
                let notices = rows.into_iter().filter_map(|r| {
                    let kind = NoticeKind::from_code(&r.kind)?;
                    (kind.is_work() || r.new).then(|| Notice {
                        kind,
                        id: r.id,
                        at: r.at,
                        due: r.due,
                        who: PersonName::new(r.family, r.given),
                        patient: r.patient_id.map(Into::into),
                        visit: r.encounter_id.map(Into::into),
                        new: r.new,
                    })
                });
                Ok(notices.collect())
            })
        })
        .await
    }

    /// Marks notices as read by the speaker, or (`read` false) as new again. What it is about does not change.
    ///
    /// # Errors
    /// Those of the line to the server.
    pub async fn mark_notices(
        &self,
        actor: &Actor,
        request: RequestId,
        of: Vec<(NoticeKind, Uuid)>,
        read: bool,
    ) -> Result<(), Error> {
        let facts = serde_json::json!({ "read": read, "notices": of.len() });
        let event = Event::new("message.mark-read", "notice").facts(facts);
        self.write(actor, request, event, &(of.clone(), read), move |c| {
            Box::pin(async move {
                let (kinds, ids): (Vec<String>, Vec<Uuid>) =
                    of.into_iter().map(|(kind, id)| (kind.code().to_owned(), id)).unzip();
                if read {
                    sqlx::query!(
                        "insert into clinic.notice_read (account_id, kind, id)
                         select auth.actor(), k, i from unnest($1::text[], $2::uuid[]) x(k, i) on conflict do nothing",
                        &kinds,
                        &ids
                    )
                    .execute(c)
                    .await?;
                } else {
                    sqlx::query!(
                        "delete from clinic.notice_read r using unnest($1::text[], $2::uuid[]) x(k, i)
                          where r.account_id = auth.actor() and r.kind = x.k and r.id = x.i",
                        &kinds,
                        &ids
                    )
                    .execute(c)
                    .await?;
                }
                Ok(())
            })
        })
        .await
    }
}
