import Interactions

/// An event as a line has it. The bytes are those of the reader's buffer and last until its next line.
package struct RawEvent {
    /// The user's id; empty where the line lacks it.
    package var user: UnsafeRawBufferPointer
    /// The item's id; empty where the line lacks it.
    package var item: UnsafeRawBufferPointer
    /// In the unit of the log; nil where it has no times.
    package var time: Int64?
    /// What happened: a view, a purchase; nil where the log does not say.
    package var kind: UnsafeRawBufferPointer?
    /// nil where the log does not say.
    package var rating: Double?

    /// What a line tells; nil: the log does not say.
    package init(
        user: UnsafeRawBufferPointer, item: UnsafeRawBufferPointer, time: Int64? = nil,
        kind: UnsafeRawBufferPointer? = nil, rating: Double? = nil
    ) {
        self.user = user
        self.item = item
        self.time = time
        self.kind = kind
        self.rating = rating
    }
}

/// Why an event cannot be taken.
package struct EventFault: Error, Equatable {
    enum Reason: Equatable {
        case emptyUser, emptyItem
        case invalidText(field: String)
        case controlCharacter(field: String)
        case tooLong(field: String, bytes: Int)
        case tooManyEvents
        case tooManyKinds
    }

    let reason: Reason
    /// Where the event is; nil where it is not about one.
    let line: Int?

    init(_ reason: Reason, _ line: Int?) {
        self.reason = reason
        self.line = line
    }

    /// The error of a file.
    func error(file: String) -> DatasetError {
        let (problem, recoverySuggestion) = texts
        return DatasetError(
            .invalid, file: file, line: line, problem: problem, recoverySuggestion: recoverySuggestion)
    }

    /// What is wrong, and what to do.
    private var texts: (problem: String, recoverySuggestion: String) {
        switch reason {
        case .emptyUser:
            (
                "the user is empty",
                "name another column with --user-column, or leave such lines out with --empty-ids skip"
            )
        case .emptyItem:
            (
                "the item is empty",
                "name another column with --item-column, or leave such lines out with --empty-ids skip"
            )
        case .invalidText(let field): ("the \(field) is not valid UTF-8", "convert the file: iconv -f latin1 -t utf-8")
        case .controlCharacter(let field):
            ("the \(field) has a control character", "clean the column, or name another one: an id is a line of text")
        case .tooLong(let field, let bytes):
            (
                "the \(field) has \(bytes) bytes",
                "an id has at most \(EventCollector.longestId): is the separator right, and the column?"
            )
        case .tooManyEvents: ("more than \(EventCollector.mostEvents) events", "convert fewer files at a time")
        case .tooManyKinds:
            (
                "more than \(EventCollector.mostKinds) kinds of events",
                "the column of --event-column holds something else: name another one, or leave it out"
            )
        }
    }
}
