import Foundation

/// The fault that this process has, by the name in `FACET_MUTANT`; without it, none.
private let active = ProcessInfo.processInfo.environment["FACET_MUTANT"] ?? ""

/// Whether this process has the fault `name`.
@inline(never)
func mutant(_ name: String) -> Bool { active == name }
