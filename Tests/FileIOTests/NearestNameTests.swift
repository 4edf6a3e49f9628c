import FileIO
import Testing

@Suite struct NearestNameTests {
    @Test(arguments: [
        ("trian", "train"), ("TRAIN", "train"), ("evalute", "evaluate"), ("dta", "data"), ("benchmrak", "benchmark"),
        ("bench", "benchmark"),
    ])
    func `a slip of the finger leads to the name that was meant`(typed: String, meant: String) {
        #expect(["train", "evaluate", "benchmark", "data"].nearest(to: typed) == meant)
    }

    @Test(arguments: ["", "x", "something else"])
    func `nothing is suggested that is not alike`(typed: String) {
        #expect(["train", "evaluate", "benchmark", "data"].nearest(to: typed) == nil)
        #expect([String]().nearest(to: typed) == nil)
    }
}
