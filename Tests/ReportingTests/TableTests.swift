import Reporting
import Testing

@Suite struct TableTests {
    private var table: Table {
        var table = Table([.text("model"), .number("HR@10"), .number("seconds")])
        table.addRow(["ComiRec", "0.5123", "12"])
        table.addRow(["MIND | hard", "0.4", "1,234"])
        return table
    }

    @Test func `numbers stand right and text left`() {
        #expect(
            table.text == """
                model         HR@10  seconds
                -----------  ------  -------
                ComiRec      0.5123       12
                MIND | hard     0.4    1,234

                """)
    }

    @Test func `no line ends in spaces, and a cell stays on its line`() {
        var table = Table([.number("n"), .text("note")])
        table.addRow(["1", "a\nlonger\r\nnote"])
        table.addRow(["20", ""])
        #expect(table.text == " n  note\n--  -------------\n 1  a longer note\n20\n")
    }
}

@Suite struct NumberTextTests {
    @Test(arguments: [
        (0.12345, 4, "0.1235"), (0.5, 0, "0"), (-0.4, 1, "-0.4"), (1234.5678, 2, "1234.57"), (0, 3, "0.000"),
        (Double.nan, 2, "nan"), (-Double.infinity, 2, "-inf"), (1e300, 0, nil), (1, 99, "1.000000000000000"),
    ])
    func `decimals are rounded as everywhere`(value: Double, decimals: Int, expected: String?) {
        let text = NumberText.fixed(value, decimals: decimals)
        if let expected { #expect(text == expected) } else { #expect(text.utf8.count == 301 && Double(text) == value) }
    }

    @Test func `groups and durations`() {
        #expect([0, 999, 1000, -1_234_567].map(NumberText.grouped) == ["0", "999", "1,000", "-1,234,567"])
        #expect([0, 1, 2000].map { NumberText.counted($0, "lines") } == ["0 lines", "1 line", "2,000 lines"])
        #expect(NumberText.grouped(.min) == "-9,223,372,036,854,775,808")
        #expect(
            [0, 42.4, 59.6, 725, 10_869].map(NumberText.duration) == ["0:00", "0:42", "1:00", "12:05", "3:01:09"])
        #expect([-1, Double.infinity, .nan].map(NumberText.duration) == ["0:00", "?", "?"])
    }
}
