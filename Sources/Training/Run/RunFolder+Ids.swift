import FileIO
import Foundation

extension RunFolder {
    /// The numbers of users and items of the data of the run here, where its fingerprint has no ids; nil without a
    /// result or a checkpoint that can be read.
    var countsWithoutIds: (users: Int, items: Int)? {
        if let text = try? String(contentsOfFile: result, encoding: .utf8),
            let data = (try? JSONValue(parsing: text))?["data"]
        {
            guard data["ids_crc32c"] == nil, case .integer(let users)? = data["users"],
                case .integer(let items)? = data["items"]
            else { return nil }
            return inRange(users, items)
        }
        for step in checkpoints.steps.reversed() {
            guard let data = try? CheckpointFile(path: checkpoints.file(step: step)).data else { continue }
            return data.ids == nil ? inRange(data.users, data.items) : nil
        }
        return nil
    }

    private func inRange(_ users: Int, _ items: Int) -> (users: Int, items: Int)? {
        let range = 1..<Int(Int32.max)
        return range.contains(users) && range.contains(items) ? (users, items) : nil
    }
}
