import MPI

/// `mpi-program values` does every check of this directory; the other scenarios end in a way that their test expects.
@main
enum Program {
    static func main() {
        guard CommandLine.arguments.count == 2, let scenario = Scenario(rawValue: CommandLine.arguments[1]) else {
            print("usage: mpi-program", Scenario.allCases.map(\.rawValue).joined(separator: "|"))
            MPIEnvironment.abort(exitCode: 64)
        }
        switch scenario {
        case .names: for check in Check.all { print(check.name) }
        case .byHand: scenario.initializeByHand()
        case .firstProgram: firstProgram()
        case .threads: MPI.run(threadLevel: .multiple, scenario.body)
        default: MPI.run(exitCode: Scenario.exitCode, scenario.body)
        }
    }

    private static func firstProgram() {
        MPI.run { world in
            let total = try world.allReduce(world.rank, .sum)
            if world.rank == 0 { print("\(world.size) ranks add up to \(total)") }
        }
    }
}
