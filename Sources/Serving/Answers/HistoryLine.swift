import FileIO

/// A line that asks for recommendations:
///
///     {"user": "ann", "history": ["b17", "b4"], "times": [1700000000, 1700000060]}
///
/// `user` and `times` may be missing. Ids are strings or whole numbers, whatever the ids of the data are.
struct HistoryLine {
    /// The user as it stands in the line, for the answer; nil where there is none.
    private(set) var user: JSONValue?
    private(set) var query = Result<UserQuery, QueryError>.failure(QueryError("the line is empty"))

    /// - Parameter bytes: without the line end; nil for a line that is too long.
    init(_ bytes: [UInt8]?) {
        guard let bytes else {
            query = .failure(QueryError("the line is longer than \(LineInput.longestLine) bytes"))
            return
        }
        do throws(JSONError) {
            let value = try JSONValue(parsing: bytes)
            query = Result { () throws(QueryError) in try read(value) }
        } catch {
            query = .failure(QueryError("the line is not JSON: \(error)"))
        }
    }

    private mutating func read(_ value: JSONValue) throws(QueryError) -> UserQuery {
        guard case .object(let members) = value else { throw QueryError("the line is not an object {...}") }
        var query = UserQuery(history: [])
        var history: [JSONValue]?
        for member in members {
            switch (member.key, member.value) {
            case ("user", .null), ("times", .null): break
            case ("user", let id):
                guard let text = Self.text(of: id) else {
                    throw QueryError("user is neither a string nor a whole number")
                }
                user = id
                query.user = text
            case ("history", .array(let items)): history = items
            case ("history", _): throw QueryError("history is not a list of items")
            case ("times", .array(let times)):
                query.times = try times.map { (time) throws(QueryError) in
                    guard case .integer(let time) = time else {
                        throw QueryError("times is not a list of whole numbers")
                    }
                    return Int64(time)
                }
            case ("times", _): throw QueryError("times is not a list of whole numbers")
            default:
                throw QueryError("there is no \(member.key.printable(limit: 40)): a line has user, history and times")
            }
        }
        guard let history else { throw QueryError("history is missing") }
        query.history = try history.map { (id) throws(QueryError) in
            guard let text = Self.text(of: id) else {
                throw QueryError("history holds what is neither a string nor a whole number")
            }
            return text
        }
        return query
    }

    private static func text(of id: JSONValue) -> String? {
        switch id {
        case .string(let text): text
        case .integer(let number): String(number)
        default: nil
        }
    }
}
