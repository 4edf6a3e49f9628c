import ArgumentParser
import Training

/// How a training runs, is resumed and stops; never changes its result.
struct RunOptions: ParsableArguments {
    @Flag(help: "Resume the training in --out from its last checkpoint; without one, begin.")
    var resume = false

    @Flag(help: "With --resume: let other --epochs, --max-steps, --early-stop and --patience decide from now on.")
    var extend = false

    @Flag(help: "Begin anew even if --out holds a training that could be resumed, or the result of another one.")
    var overwrite = false

    @Option(
        name: .spellings(of: "checkpoint-every"),
        help: "Write a checkpoint every so many steps. 0: none but when asked to stop.")
    var checkpointEvery: Int?

    @Option(
        name: .spellings(of: "checkpoint-seconds"),
        help: "Write a checkpoint every so many seconds. (default: 300 without --checkpoint-every)")
    var checkpointSeconds: Double?

    @Option(
        name: .spellings(of: "keep-checkpoints"),
        help: ArgumentHelp("How many checkpoints are kept.", visibility: .hidden))
    var keepCheckpoints = 2

    @Option(
        name: .spellings(of: "time-limit"),
        help: "Stop with a checkpoint and exit code 75 after so much time: seconds, or hours:minutes:seconds.")
    var timeLimit: TimeLimit?

    @Option(
        name: .spellings(of: "stall-limit"),
        help: ArgumentHelp(
            "End the training after so many seconds without progress of any rank; 0: never.", visibility: .hidden))
    var stallLimit = 1800.0

    mutating func validate() throws {
        func require(_ isGood: Bool, _ message: String) throws {
            if !isGood { throw ValidationError(message) }
        }
        try require(checkpointEvery ?? 0 >= 0, "--checkpoint-every is below 0: choose a number of steps, or 0 for none")
        try require(
            checkpointSeconds.map { $0 > 0 && $0.isFinite } ?? true,
            "--checkpoint-seconds must be above 0: choose a number of seconds")
        try require((1...1_000_000).contains(keepCheckpoints), "--keep-checkpoints must be at least 1")
        try require(stallLimit >= 0 && stallLimit.isFinite, "--stall-limit must not be below 0: 0 turns it off")
        try require(!extend || resume, "--extend is for a training that is resumed: add --resume")
        try require(!overwrite || !resume, "--overwrite begins anew and --resume continues: choose one")
    }

    var control: RunControl {
        var control = RunControl()
        control.resumes = resume
        control.extends = extend
        control.overwrites = overwrite
        let isOff = checkpointEvery == 0
        control.checkpoints = CheckpointPlan(
            everySteps: isOff ? nil : checkpointEvery,
            everySeconds: checkpointSeconds ?? (checkpointEvery == nil ? 300 : nil), kept: keepCheckpoints)
        control.stop = StopRequest(timeLimit: timeLimit?.seconds)
        control.stallLimit = stallLimit > 0 ? stallLimit : nil
        return control
    }
}

/// A time as seconds, `minutes:seconds` or `hours:minutes:seconds`.
struct TimeLimit: ExpressibleByArgument {
    let seconds: Double

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
        guard (1...3).contains(parts.count) else { return nil }
        var sum = 0.0
        for part in parts {
            guard let part, part >= 0, part.isFinite else { return nil }
            sum = sum * 60 + part
        }
        guard sum > 0 else { return nil }
        seconds = sum
    }
}
