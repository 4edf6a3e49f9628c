/// How recommendations are written.
public enum AnswerFormat: String, Sendable, CaseIterable {
    /// A line for each item, `user TAB item TAB rank TAB score`, below a line with these words.
    case tsv
    /// A line for each user, `user_id TAB rec_items`, with the items as a Python list: the form of ReChorus.
    case csv
    /// An object for each user: `user`, `items`, `scores`.
    case jsonl
}
