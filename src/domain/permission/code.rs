//! How somebody may: the ways (one must hold), the conditions (all must), and what is limited or added.

/// What a code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One of the ways must hold.
    Way,
    /// Every condition must hold.
    Condition,
    /// Not everything, or more than others.
    Extent,
}

/// One code of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    Any,
    OwnCentre,
    OwnObject,
    Relationship,
    Connection,
    PresentToday,
    Routed,
    SelfPatient,
    Granted,
    Emergency,
    RelatedIfMine,
    Referring,
    StepUp,
    SecondPerson,
    FewerFields,
    Overbook,
}

impl Code {
    /// Every code: the ways first, then conditions, then extents.
    pub const ALL: [Self; 16] = [
        Self::Any,
        Self::OwnCentre,
        Self::OwnObject,
        Self::Relationship,
        Self::Connection,
        Self::PresentToday,
        Self::Routed,
        Self::SelfPatient,
        Self::Granted,
        Self::Emergency,
        Self::RelatedIfMine,
        Self::Referring,
        Self::StepUp,
        Self::SecondPerson,
        Self::FewerFields,
        Self::Overbook,
    ];

    /// The name in the table and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::OwnCentre => "own_centre",
            Self::OwnObject => "own_object",
            Self::Relationship => "relationship",
            Self::Connection => "connection",
            Self::PresentToday => "present_today",
            Self::Routed => "routed",
            Self::SelfPatient => "self_patient",
            Self::Granted => "granted",
            Self::Emergency => "emergency",
            Self::RelatedIfMine => "related_if_mine",
            Self::Referring => "referring",
            Self::StepUp => "step_up",
            Self::SecondPerson => "second_person",
            Self::FewerFields => "fewer_fields",
            Self::Overbook => "overbook",
        }
    }

    /// The code of this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }

    /// Way, condition or extent.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::RelatedIfMine | Self::Referring | Self::StepUp | Self::SecondPerson => Kind::Condition,
            Self::FewerFields | Self::Overbook => Kind::Extent,
            _ => Kind::Way,
        }
    }

    /// A short word for a narrow column.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Any => 'A',
            Self::OwnCentre => 'C',
            Self::OwnObject => 'O',
            Self::Relationship => 'R',
            Self::Connection => 'K',
            Self::PresentToday => 'T',
            Self::Routed => 'Q',
            Self::SelfPatient => 'S',
            Self::Granted => 'G',
            Self::Emergency => 'E',
            Self::RelatedIfMine => 'm',
            Self::Referring => 'r',
            Self::StepUp => 'p',
            Self::SecondPerson => '2',
            Self::FewerFields => 'f',
            Self::Overbook => '+',
        }
    }
}
