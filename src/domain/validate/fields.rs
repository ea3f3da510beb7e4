//! The one table of field rules: what each field is called, how long it may be, whether it must be filled, and its kind.
//! Forms, imports and commands all ask here; a new field is one line.
use crate::tr;

/// What a field holds, and so how it is checked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A name in any script: at least one letter.
    Name,
    /// One line of anything readable.
    Line,
    /// Several lines.
    Text,
    Email,
    Phone,
    /// A user name or an e-mail address, kept in lower case.
    Login,
    Password,
    /// Letters, figures, hyphens, dots, slashes and single blanks; kept in capitals.
    Number,
    /// 10 or 11 figures of an Australian Medicare card.
    Medicare,
    BirthDate,
    /// A date in the past or today, such as "since".
    PastDate,
    /// A date from today on.
    ComingDate,
    /// Any date.
    Date,
    /// An amount of money from 0 to 100,000, kept with two decimals.
    Money,
    /// A whole number between the two, both included.
    Whole(u32, u32),
    /// A decimal number between the two, both included.
    Decimal(f64, f64),
    /// A, B, AB or O with + or -.
    BloodGroup,
    /// A name of the IANA time zone database.
    Zone,
}

/// The rule of one field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// The field's name on screen.
    pub label: &'static str,
    /// The name in files, drafts and tests.
    pub code: &'static str,
    pub kind: Kind,
    /// Most characters, after blanks at the ends are gone.
    pub max: usize,
    /// Refused when empty.
    pub required: bool,
}

macro_rules! fields {
    ($($field:ident $code:literal $label:literal $kind:expr, $max:literal $($required:ident)?;)*) => {
        /// Every field a person or a file can fill.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Field { $($field),* }

        impl Field {
            /// Every field, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$field),*];

            /// Its rule.
            #[must_use]
            pub fn rule(self) -> Rule {
                use Kind::*;
                match self {
                    $(Self::$field => Rule {
                        label: tr!($label),
                        code: $code,
                        kind: $kind,
                        max: $max,
                        required: fields!(@required $($required)?),
                    }),*
                }
            }

            /// The field of this code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|f| f.rule().code == code)
            }
        }
    };
    (@required required) => { true };
    (@required) => { false };
}

fields! {
    FamilyName "family_name" "Family name" Name, 100 required;
    GivenName "given_name" "Given name" Name, 100;
    PreferredName "preferred_name" "Preferred name" Name, 100;
    SecondScriptName "second_script_name" "Name in a second script" Name, 200;
    Email "email" "E-mail" Email, 254;
    Phone "phone" "Phone" Phone, 30;
    Login "login" "User name" Login, 254 required;
    Password "password" "Password" Password, 256 required;
    BirthDate "birth_date" "Date of birth" BirthDate, 30 required;
    RecordNumber "record_number" "Record number" Number, 30;
    NationalNumber "national_number" "National number" Number, 40;
    MedicareNumber "medicare_number" "Medicare number" Medicare, 20;
    Address "address" "Address" Line, 200;
    Suburb "suburb" "Suburb" Line, 80;
    Language "language" "Language" Line, 60;
    BloodGroup "blood_group" "Blood group" BloodGroup, 12;
    ContactName "contact_name" "Emergency contact" Name, 200;
    ContactRelationship "contact_relationship" "Relationship" Line, 60;
    ContactPhone "contact_phone" "Emergency phone" Phone, 30;
    Alert "alert" "Alert" Line, 200;
    ProviderNumber "provider_number" "Provider number" Number, 30;
    RegistrationNumber "registration_number" "Registration number" Number, 40;
    LicenceNumber "licence_number" "Licence number" Number, 40;
    LicenceExpiry "licence_expiry" "Licence valid until" Date, 30;
    Qualifications "qualifications" "Qualifications" Line, 200;
    Specialty "specialty" "Specialty" Line, 100;
    Years "years" "Years of practice" Whole(0, 80), 2;
    Biography "biography" "Biography" Text, 2000;
    Fee "fee" "Fee" Money, 12;
    CentreNumber "centre_number" "Centre number" Number, 30 required;
    CentreName "centre_name" "Centre name" Name, 120 required;
    DepartmentName "department_name" "Department" Name, 120 required;
    ServiceName "service_name" "Service" Name, 120 required;
    Zone "zone" "Time zone" Zone, 60 required;
    Room "room" "Room" Line, 40;
    SlotMinutes "slot_minutes" "Slot length in minutes" Whole(5, 240), 3 required;
    Reason "reason" "Reason" Line, 300;
    ReasonNeeded "reason_needed" "Reason" Line, 300 required;
    Substance "substance" "Substance" Line, 200 required;
    Reaction "reaction" "Reaction" Line, 200;
    ConditionName "condition_name" "Condition" Line, 200 required;
    ConditionTreatment "condition_treatment" "Treatment" Line, 300;
    MedicationName "medication_name" "Medication" Line, 200 required;
    SurgeryName "surgery_name" "Surgery" Line, 200 required;
    VaccineName "vaccine_name" "Vaccine" Line, 200 required;
    DoseNumber "dose_number" "Dose number" Whole(1, 20), 2;
    Relative "relative" "Relationship" Line, 60 required;
    Since "since" "Since" PastDate, 30;
    ItemNotes "item_notes" "Notes" Line, 500;
    ChiefComplaint "chief_complaint" "Chief complaint" Line, 300 required;
    SignName "sign_name" "Sign" Line, 40 required;
    SignValue "sign_value" "Value" Line, 60 required;
    SignUnit "sign_unit" "Unit" Line, 20;
    NoteTitle "note_title" "Title" Line, 120;
    NoteText "note_text" "Note" Text, 20_000 required;
    TestName "test_name" "Test" Line, 200 required;
    Specimen "specimen" "Specimen" Line, 100;
    TestNotes "test_notes" "Notes" Text, 2000;
    ResultName "result_name" "Result" Line, 200 required;
    ResultValue "result_value" "Value" Line, 200 required;
    ResultUnit "result_unit" "Unit" Line, 40;
    ResultRange "result_range" "Range" Line, 60;
    PerformedBy "performed_by" "Performed by" Line, 200;
    ReportTitle "report_title" "Report title" Line, 200 required;
    ReportKind "report_kind" "Report type" Line, 60;
    ReportFacility "report_facility" "Facility" Line, 200;
    FileName "file_name" "File" Line, 255;
    DiagnosisText "diagnosis_text" "Diagnosis" Line, 300 required;
    DiagnosisCode "diagnosis_code" "Code" Number, 10;
    DrugName "drug_name" "Drug" Line, 200 required;
    Dose "dose" "Dose" Line, 100;
    Frequency "frequency" "Frequency" Line, 100;
    DurationDays "duration_days" "Duration in days" Whole(1, 366), 3;
    Quantity "quantity" "Quantity" Decimal(0.01, 10_000.0), 10;
    Repeats "repeats" "Repeats" Whole(0, 12), 2;
    Instructions "instructions" "Instructions" Line, 500;
    TreatmentTitle "treatment_title" "Title" Line, 120 required;
    TreatmentNotes "treatment_notes" "Notes" Text, 5000;
    FollowUpDate "follow_up_date" "Follow-up date" ComingDate, 30;
    FollowUpNotes "follow_up_notes" "Follow-up notes" Text, 2000;
    OutsideName "outside_name" "Name" Name, 200;
    OutsideSpecialty "outside_specialty" "Specialty" Line, 100;
    OutsideContact "outside_contact" "Contact" Line, 200;
    ReferralReason "referral_reason" "Reason for referral" Line, 300 required;
    Letter "letter" "Letter" Text, 20_000;
    ReferralVisits "referral_visits" "Visits allowed" Whole(1, 99), 2;
    ReferralDate "referral_date" "Date" Date, 30;
    ReferralUntil "referral_until" "Valid until" ComingDate, 30;
    SickFrom "sick_from" "Sick from" Date, 30;
    SickTo "sick_to" "Sick until" Date, 30;
    Addendum "addendum" "Addendum" Text, 20_000 required;
}
