import Options
import Testing

/// What follows from the declaration of an option.
@Suite struct OptionDeclarationTests {
    struct Settings: Equatable {
        var rate = 0.5
        var limit: Int?
        var isOn = false
        var sizes = [5, 10]
    }

    private static let rate = OptionField(
        "drop-rate", \.rate, of: Settings(), in: .within(0..<1, "choose a rate"),
        OptionTraits(aliases: ["p-drop", "q"], unit: "share"), help: "Share that is dropped.")
    private static let limit = OptionField(
        "limit", \.limit, of: Settings(), in: .within(1...9), OptionTraits(folder: .always("limit")), help: "A limit.")
    private static let isOn = OptionField("on", \.isOn, of: Settings(), isWritten: false, help: "Whether it is on.")
    private static let sizes = OptionField("sizes", \.sizes, of: Settings(), help: "Sizes.")

    @Test func `every dash may be an underscore, in the name and in aliases`() {
        #expect(Self.rate.declaration.spellings == ["drop-rate", "drop_rate", "p-drop", "p_drop", "q"])
        #expect(Self.rate.declaration.isCalled("p_drop") && !Self.rate.declaration.isCalled("rate"))
    }

    @Test func `a text sets a property, and the property gives a text that reads as the same`() {
        var settings = Settings()
        let isSet = [
            Self.rate.set("1e-7", in: &settings), Self.limit.set("3", in: &settings),
            Self.isOn.set("True", in: &settings),
            Self.sizes.set("1,2,3", in: &settings),
        ]
        #expect(isSet == [true, true, true, true])
        #expect(settings == Settings(rate: 1e-7, limit: 3, isOn: true, sizes: [1, 2, 3]))
        #expect(Self.rate.text(in: settings) == "1.0e-07")
        #expect(Self.limit.text(in: settings) == "3")
        #expect(Self.isOn.text(in: settings) == "true")
        #expect(Self.sizes.text(in: settings) == "1,2,3")
        var again = Settings()
        let isRead = Self.rate.set(Self.rate.text(in: settings), in: &again)
        #expect(isRead && again.rate == settings.rate)
    }

    @Test func `nothing sets a property to its default, and a default need not be written`() {
        var settings = Settings(rate: 0.1, limit: 4, isOn: true, sizes: [])
        let isSet = [
            Self.rate.set(nil, in: &settings), Self.limit.set(nil, in: &settings), Self.isOn.set(nil, in: &settings),
            Self.sizes.set(nil, in: &settings),
        ]
        #expect(isSet == [true, true, true, true])
        #expect(settings == Settings())
        #expect(Self.limit.text(in: settings) == nil && Self.isOn.text(in: settings) == nil)
        #expect(Self.rate.text(in: settings) == "0.5")
    }

    @Test(arguments: ["", "x", "1.5.2", "0x10", "--3"]) func `a text that is no value changes nothing`(_ text: String) {
        var settings = Settings()
        #expect(!Self.rate.set(text, in: &settings) || text == "0x10")
        #expect(!Self.limit.set(text, in: &settings))
        #expect(!Self.isOn.set(text, in: &settings))
        #expect(!Self.sizes.set(text, in: &settings))
        #expect(settings.limit == nil && settings.isOn == false && settings.sizes == [5, 10])
    }

    @Test func `a value out of range is named with what to do`() {
        #expect(Self.rate.problem(in: Settings(rate: 1)) == OptionProblem("--drop-rate is 1.0", "choose a rate"))
        #expect(Self.rate.problem(in: Settings(rate: .nan)) != nil)
        #expect(Self.rate.problem(in: Settings(rate: 0)) == nil)
        #expect(Self.limit.problem(in: Settings(limit: 10)) == OptionProblem("--limit is 10", "choose 1 to 9"))
        #expect(Self.limit.problem(in: Settings()) == nil)
    }

    @Test func `a help text has the range and the default`() {
        #expect(
            Self.rate.declaration.helpText(for: "Net") == "Net: Share that is dropped. (0 to below 1) (default: 0.5)")
        #expect(Self.isOn.declaration.helpText() == "Whether it is on. (default: 0)")
        #expect(Self.limit.declaration.helpText() == "A limit. (1 to 9)")
        #expect(Self.rate.declaration.valueName == "share")
        #expect(Self.limit.declaration.described(as: "Another.").helpText() == "Another. (1 to 9)")
    }

    @Test func `the name of a folder has what is not the default, and what it always has`() {
        #expect(Self.limit.declaration.folderText("3", default: "3") == "limit3")
        #expect(Self.rate.declaration.folderText("0.5", default: "0.5") == nil)
        #expect(Self.rate.declaration.folderText("1.0e-07", default: "0.5") == "drop-rate1e-07")
        #expect(Self.isOn.declaration.folderText("true", default: "false") == "on")
        #expect(Self.isOn.declaration.folderText(nil, default: "false") == nil)
    }

    @Test func `an option of a property of a property is the same option`() {
        struct Outer: Sendable { var inner = Settings() }
        let field = Self.limit.of(\Outer.inner)
        var outer = Outer()
        #expect(field.set("7", in: &outer) && outer.inner.limit == 7)
        #expect(field.name == "limit" && field.text(in: outer) == "7")
        #expect(field.problem(in: Outer(inner: Settings(limit: 0))) != nil)
    }
}
