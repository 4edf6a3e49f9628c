import FileIO
import Interactions

/// The users that are asked about, in the order of the answers.
enum UserSelection {
    /// The users of a file, one id a line; nil for the path: all that have an interaction, in the order of their numbers.
    static func users(of dataset: InteractionDataset, listedIn path: String?) throws(DatasetError) -> [Int32] {
        let present = dataset.presentUsers
        guard let path else { return present }
        var isPresent = [Bool](repeating: false, count: dataset.userCount + 1)
        for user in present { isPresent[Int(user)] = true }
        var lines = [Int](repeating: 0, count: dataset.userCount + 1)
        var users: [Int32] = []
        try TextLines.forEach(in: path) { (line, text) throws(DatasetError) in
            guard let user = dataset.userIds.number(ofText: text), isPresent[Int(user)] else {
                throw DatasetError(
                    .invalid, file: path, line: line,
                    problem: "user \(text.printable(limit: 100)) has no interaction in \(dataset.folder)",
                    recoverySuggestion: "remove the line, or ask with a history of the user: --histories FILE")
            }
            guard lines[Int(user)] == 0 else {
                throw DatasetError(
                    .invalid, file: path, line: line,
                    problem: "user \(text.printable(limit: 100)) is in line \(lines[Int(user)]) already",
                    recoverySuggestion: "list every user once")
            }
            lines[Int(user)] = line
            users.append(user)
        }
        guard !users.isEmpty else {
            throw DatasetError(
                .invalid, file: path, problem: "there is no user in it", recoverySuggestion: "write an id a line")
        }
        return users
    }
}
