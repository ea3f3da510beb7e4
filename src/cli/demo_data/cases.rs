//! What demo patients come with, and what is written about it. Made up; not advice.

pub(super) struct Case {
    pub reason: &'static str,
    pub code: &'static str,
    pub diagnosis: &'static str,
    pub note: &'static str,
    /// Drug, dose, frequency code, days.
    pub drug: Option<(&'static str, &'static str, &'static str, i32)>,
    pub advice: &'static str,
    /// Test, LOINC code, unit, low, high.
    pub test: Option<(&'static str, &'static str, &'static str, i32, i32)>,
}

#[rustfmt::skip]
pub(super) const CASES: [Case; 12] = [
    Case { reason: "sore throat", code: "J02.9", diagnosis: "acute pharyngitis", note: "Throat red, no exudate. Chest clear.", drug: Some(("paracetamol", "500 mg", "qid", 5)), advice: "Rest and fluids; come back if fever lasts more than three days.", test: None },
    Case { reason: "blood pressure check", code: "I10", diagnosis: "hypertension", note: "Well. Home readings around 135 over 85.", drug: Some(("perindopril", "5 mg", "od", 30)), advice: "Less salt, walk every day.", test: Some(("creatinine", "2160-0", "umol/L", 45, 110)) },
    Case { reason: "back pain", code: "M54.50", diagnosis: "low back pain", note: "No red flags. Straight leg raise negative.", drug: Some(("ibuprofen", "400 mg", "tds", 7)), advice: "Keep moving; no bed rest.", test: None },
    Case { reason: "diabetes review", code: "E11.9", diagnosis: "type 2 diabetes", note: "Feet normal, pulses present. Diet discussed.", drug: Some(("metformin", "500 mg", "bd", 90)), advice: "Eye check within the year.", test: Some(("HbA1c", "4548-4", "%", 4, 7)) },
    Case { reason: "cough", code: "J20.9", diagnosis: "acute bronchitis", note: "Scattered wheeze, no crackles, no distress.", drug: Some(("salbutamol", "100 microgram", "prn", 14)), advice: "Stop smoking; help offered.", test: None },
    Case { reason: "rash", code: "L30.9", diagnosis: "dermatitis", note: "Dry red patches on both elbows.", drug: Some(("hydrocortisone 1 % cream", "thin layer", "bd", 10)), advice: "Moisturiser twice a day.", test: None },
    Case { reason: "tired", code: "R53.83", diagnosis: "fatigue", note: "Sleep poor, mood fair, examination normal.", drug: None, advice: "Sleep times agreed; review with results.", test: Some(("haemoglobin", "718-7", "g/L", 120, 170)) },
    Case { reason: "knee pain", code: "M25.561", diagnosis: "pain in right knee", note: "Small effusion, ligaments stable.", drug: Some(("paracetamol", "1 g", "tds", 10)), advice: "Physiotherapy exercises.", test: None },
    Case { reason: "vaccination", code: "Z23", diagnosis: "encounter for immunisation", note: "Well, no fever, consent given.", drug: None, advice: "Watch for fever for two days.", test: None },
    Case { reason: "headache", code: "R51.9", diagnosis: "headache", note: "Fundi normal, neck supple, no focal signs.", drug: Some(("paracetamol", "500 mg", "prn", 5)), advice: "Headache diary for a month.", test: None },
    Case { reason: "blood test", code: "Z00.00", diagnosis: "general examination", note: "Well. Family history updated.", drug: None, advice: "Results by phone.", test: Some(("cholesterol", "2093-3", "mmol/L", 3, 6)) },
    Case { reason: "follow-up", code: "Z09", diagnosis: "follow-up examination", note: "Better than last time; treatment tolerated.", drug: None, advice: "Continue as agreed.", test: None },
];
