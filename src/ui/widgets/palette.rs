//! The commands of the palette; its layer is [`crate::ui::palette`].
crate::commands! {
    /// What the palette understands.
    pub enum Command {
        Choose: "palette.choose" "choose" "Do or open the selected entry";
        Next: "palette.next" "down" "Select the next entry" quiet;
        Previous: "palette.previous" "up" "Select the entry above" quiet;
        Cancel: "palette.cancel" "close" "Close without choosing";
    }
}
