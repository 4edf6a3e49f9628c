/// When the optimizer moves the rows of the tables of items and users that no sample of a step touches. The numbers are the
/// same, bit by bit.
public enum RowUpdates: String, Sendable, CaseIterable {
    /// When they are read, where a step reads few rows of a large table; else in every step.
    case automatic = "auto"
    /// In every step.
    case everyStep = "every-step"
    /// In the step before the one that reads them, all pending steps at once (``RowDeferral``).
    case whenRead = "when-read"
}
