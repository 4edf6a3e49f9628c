import FileIO

/// Text that must be JSON. What is read prints as text that reads as the same value.
struct JSONTrial: ReaderTrial {
    static let name = "json"
    static let fragments = [
        "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u", "\\ud83d", "\\ude00", "\\n", "true", "false", "null", "-", "e",
        "E+", ".", "0", "9223372036854775808", "1e308", "\u{301}\u{323}", "\u{1F600}", "[[[[[[[[[[[[[[[[",
    ]

    init(folder: String) {}

    func seeds() -> [[UInt8]] {
        [
            #"{"epoch":1,"train_loss":0.5,"dev":{"HR@10":0.25,"NDCG@10":1e-3},"best":null,"done":false}"#,
            #"[[],{},"\u00e9\ud83d\ude00\n\"\\",-0,-1.5E+10,9223372036854775807,9223372036854775808,true]"#,
            " \t\r\n \"\u{1F600}\" ", "[[[[[[[[[[]]]]]]]]]]", "0.1e-400",
        ].map { Array($0.utf8) }
    }

    func read(_ input: [UInt8]) throws {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: input)
        } catch {
            try require(0...input.count ~= error.offset, "an error at byte \(error.offset) of \(input.count)")
            return try requireHarmless("\(error)\n")
        }
        for text in [value.compact, value.pretty] {
            try require((try? JSONValue(parsing: text)) == value, "\(text) does not read as what it was printed from")
        }
    }
}
