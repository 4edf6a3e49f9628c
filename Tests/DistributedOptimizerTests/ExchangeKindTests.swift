import DistributedOptimizer
import Testing

@Suite struct ExchangeKindTests {
    @Test(arguments: ["auto", "shared", "messages", "groups-1", "groups-16"])
    func `a kind is read from its name`(name: String) {
        #expect(ExchangeKind(rawValue: name)?.rawValue == name)
    }

    @Test(arguments: ["", "Auto", "groups", "groups-", "groups-0", "groups--1", "groups-a"])
    func `other names are none`(name: String) {
        #expect(ExchangeKind(rawValue: name) == nil)
    }
}
