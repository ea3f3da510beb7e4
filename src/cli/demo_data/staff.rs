//! Who works in the demo clinic and where: four centres, six departments, sixteen providers of every profession.

pub(super) struct Centre {
    pub kind: &'static str,
    pub number: &'static str,
    pub name: &'static str,
    pub phone: &'static str,
    pub address: &'static str,
    pub suburb: &'static str,
}

pub(super) const CENTRES: [Centre; 4] = [
    Centre {
        kind: "medical_centre",
        number: "5101",
        name: "Randwick Medical Centre",
        phone: "02 5550 1100",
        address: "12 Belmore Road",
        suburb: "Randwick",
    },
    Centre {
        kind: "hospital",
        number: "5102",
        name: "Royal Randwick Hospital",
        phone: "02 5550 1200",
        address: "1 High Street",
        suburb: "Randwick",
    },
    Centre {
        kind: "medical_centre",
        number: "5103",
        name: "Ultimo Health Service",
        phone: "02 5550 1300",
        address: "88 Harris Street",
        suburb: "Ultimo",
    },
    Centre {
        kind: "medical_centre",
        number: "5104",
        name: "Kensington Family Practice",
        phone: "02 5550 1400",
        address: "240 Anzac Parade",
        suburb: "Kensington",
    },
];

/// Centre, name, services, when it opens (said when closed), closed.
pub(super) const DEPARTMENTS: [(usize, &str, &str, &str, bool); 6] = [
    (
        0,
        "General practice",
        "consultations, vaccinations, health checks",
        "Monday to Friday 08:00 to 18:00",
        false,
    ),
    (0, "Physiotherapy", "back, joints, sports injuries", "Monday to Friday 08:00 to 18:00", false),
    (
        1,
        "Specialist clinics",
        "cardiology, dermatology, orthopaedics, paediatrics",
        "Monday to Friday 08:00 to 17:00",
        false,
    ),
    (1, "Diagnostics", "pathology, radiology", "Monday to Friday 08:00 to 17:00", false),
    (2, "General practice", "consultations, travel medicine", "Monday to Friday 08:00 to 18:00", false),
    (3, "Pharmacy", "dispensing, medication review", "in January, after building work", true),
];

pub(super) struct Provider {
    pub login: &'static str,
    pub family: &'static str,
    pub given: &'static str,
    pub sex: &'static str,
    pub profession: &'static str,
    pub role: &'static str,
    /// Indices of [`CENTRES`]; the first on odd weekdays, the last on even ones.
    pub centres: &'static [usize],
    pub department: usize,
    /// A code of the specialties that every clinic starts with.
    pub specialty: Option<&'static str>,
    pub expertise: &'static str,
    pub fee_cents: i32,
    /// How many of a hundred past slots were used.
    pub busy: u64,
}

const fn gp(
    login: &'static str,
    family: &'static str,
    given: &'static str,
    sex: &'static str,
    centres: &'static [usize],
) -> Provider {
    Provider {
        login,
        family,
        given,
        sex,
        profession: "gp",
        role: "gp",
        centres,
        department: 0,
        specialty: None,
        expertise: "family medicine",
        fee_cents: 8500,
        busy: 30,
    }
}

const fn specialist(
    login: &'static str,
    family: &'static str,
    given: &'static str,
    sex: &'static str,
    specialty: &'static str,
    expertise: &'static str,
) -> Provider {
    Provider {
        login,
        family,
        given,
        sex,
        profession: "specialist",
        role: "specialist",
        centres: &[1],
        department: 2,
        specialty: Some(specialty),
        expertise,
        fee_cents: 24000,
        busy: 14,
    }
}

#[rustfmt::skip]
pub(super) const PROVIDERS: [Provider; 16] = [
    gp("anna", "Smith", "Anna", "female", &[0]),
    gp("omar", "Haddad", "Omar", "male", &[0, 2]),
    gp("linh", "Tran", "Linh", "female", &[2]),
    gp("peter", "Wells", "Peter", "male", &[3]),
    gp("ingrid", "Berg", "Ingrid", "female", &[0, 3]),
    gp("rajiv", "Sharma", "Rajiv", "male", &[2, 3]),
    specialist("neeson", "Neeson", "Thomas", "male", "cardiology", "heart failure, rhythm"),
    specialist("elena", "Rossi", "Elena", "female", "dermatology", "skin cancer, eczema"),
    specialist("kenji", "Sato", "Kenji", "male", "orthopaedics", "knee, hip, hand"),
    specialist("grace", "Okafor", "Grace", "female", "paediatrics", "asthma, growth"),
    Provider { login: "gary", family: "Busey", given: "Gary", sex: "male", profession: "pathologist", role: "diagnostics_provider", centres: &[1], department: 3, specialty: None, expertise: "blood tests", fee_cents: 6000, busy: 16 },
    Provider { login: "ruth", family: "Green", given: "Ruth", sex: "female", profession: "radiographer", role: "diagnostics_provider", centres: &[1], department: 3, specialty: None, expertise: "X-ray, ultrasound", fee_cents: 12000, busy: 14 },
    Provider { login: "samuel", family: "Jackson", given: "Samuel", sex: "male", profession: "physiotherapist", role: "other_provider", centres: &[0], department: 1, specialty: None, expertise: "back, sports", fee_cents: 9500, busy: 22 },
    Provider { login: "marta", family: "Nowak", given: "Marta", sex: "female", profession: "physiotherapist", role: "other_provider", centres: &[2], department: 1, specialty: None, expertise: "rehabilitation", fee_cents: 9500, busy: 18 },
    Provider { login: "toby", family: "Hill", given: "Toby", sex: "male", profession: "pharmacist", role: "pharmacist", centres: &[3], department: 5, specialty: None, expertise: "medication review", fee_cents: 4000, busy: 8 },
    Provider { login: "yasmin", family: "Aziz", given: "Yasmin", sex: "female", profession: "other", role: "other_provider", centres: &[3], department: 0, specialty: None, expertise: "psychology", fee_cents: 16000, busy: 16 },
];

/// Login, family, given, role, centres.
pub(super) const STAFF: [(&str, &str, &str, &str, &[usize]); 9] = [
    ("mei", "Lin", "Mei", "receptionist", &[0, 1]),
    ("joe", "Martin", "Joe", "receptionist", &[1]),
    ("carla", "Silva", "Carla", "receptionist", &[2, 3]),
    ("nora", "Dunn", "Nora", "nurse", &[0]),
    ("ben", "Adler", "Ben", "nurse", &[1]),
    ("ivy", "Cole", "Ivy", "nurse", &[2, 3]),
    ("leo", "Marsh", "Leo", "lab_technician", &[1]),
    ("ada", "Frost", "Ada", "auditor", &[]),
    ("root", "Hart", "Robin", "administrator", &[0]),
];
