import FileIO
import Testing

@Suite struct JSONValueTests {
    @Test func `objects keep the order of their keys`() throws {
        var value: JSONValue = ["z": 1, "a": ["y": true, "b": nil], "m": [1, 2.5, "x"]]
        #expect(value.compact == #"{"z":1,"a":{"y":true,"b":null},"m":[1,2.5,"x"]}"#)
        value["a"] = 7
        value["n"] = "new"
        value["z"] = nil
        #expect(value.compact == #"{"a":7,"m":[1,2.5,"x"],"n":"new"}"#)
        #expect(try JSONValue(parsing: value.compact) == value)
    }

    @Test func `pretty printing puts one member on a line`() {
        let value: JSONValue = ["a": 1, "b": ["c": [1, 2], "d": [], "e": [:]]]
        let expected = """
            {
              "a": 1,
              "b": {
                "c": [
                  1,
                  2
                ],
                "d": [],
                "e": {}
              }
            }
            """
        #expect(value.pretty == expected)
    }

    @Test(arguments: [
        (0.1, "0.1"), (1.0 / 3, "0.3333333333333333"), (.leastNonzeroMagnitude, "5e-324"), (-0.0, "-0.0"),
        (1e300, "1e+300"),
        (Double.nan, "null"), (Double.infinity, "null"), (-Double.infinity, "null"),
    ])
    func `a number is printed with the fewest digits that read back equal`(value: Double, expected: String) throws {
        #expect(JSONValue.number(value).compact == expected)
        guard value.isFinite else { return }
        #expect(try JSONValue(parsing: expected) == .number(value))
    }

    @Test func `a single-precision number does not get the digits of its double`() {
        #expect(JSONValue.number(Float(0.1)).compact == "0.1")
        #expect(JSONValue.number(Float(16_777_216)).compact == "16777216.0")
        #expect(JSONValue.number(Float.nan).compact == "null")
    }

    @Test func `strings are escaped and read back`() throws {
        let text = "\"\\/\u{8}\u{C}\n\r\t\u{1}\u{1F}\u{7F}é😀\u{2028}"
        let printed = JSONValue.string(text).compact
        #expect(printed == #""\"\\/\b\f\n\r\t\u0001\u001f"# + #"\u007fé😀\u2028""#)
        #expect(try JSONValue(parsing: printed) == .string(text))
        #expect(try JSONValue(parsing: #""\u00e9\ud83d\uDE00\/""#) == .string("é😀/"))
    }

    @Test func `whole numbers stay whole and larger ones become floating point`() throws {
        #expect(try JSONValue(parsing: "9223372036854775807") == .integer(.max))
        #expect(try JSONValue(parsing: "-9223372036854775808") == .integer(.min))
        #expect(try JSONValue(parsing: "9223372036854775808") == .number(0x1p63))
        #expect(try JSONValue(parsing: " [ 0 , -0.5e+2 ,1E2]\n") == [0, -50.0, 100.0])
    }

    @Test(arguments: [
        "", " ", "{", "}", "[1,]", "[,]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\":1,\"a\":2}",
        "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "NaN", "1e999", "nul", "truer", "\"", "\"\\", "\"\\x\"",
        "\"\\u12\"", "\"\\u12G4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "1 1", "'a'", "[1]]",
        "-01", "\"\\ud800\\",
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test func `invalid UTF-8 is refused`() {
        for bytes: [UInt8] in [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0xE2]] {
            #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
        }
    }

    @Test func `deep nesting is refused before it exhausts the stack`() {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: deep) }
        #expect(error?.reason == "nested too deeply")
    }

    @Test func `an error names the byte`() {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: #"{"a": tru}"#) }
        #expect(error?.description == "byte 6: expected a number")
    }
}
