/// Which interactions a model learns from and is evaluated on.
public enum SampleKind: Sendable {
    /// Train interactions with a non-empty history; dev and test rows with one.
    ///
    /// A dev or test row without history (a user with a single interaction) gives a sequential model nothing to rank
    /// by and is left out, as in the reference implementation.
    case sequential
    /// Every train interaction, every dev and test row: for models that know users by their id.
    case everyInteraction
}
