import Glibc

/// How far a training is.
///
/// On a terminal one line that is drawn again in place, at most ten times a second:
///
///     epoch 3/20 [##########..........]  1,240/2,480  52,310 samples/s  loss 0.4213  0:42 left
///
/// So it is under `mpirun` on a terminal, as long as `mpirun` runs on the host of the rank that speaks. Elsewhere plain
/// lines: one at the end of each epoch, one two seconds after the beginning, and at most one per ten seconds in between.
/// Silent on the ranks that keep silent and in quiet mode.
///
///     let progress = ProgressBar(on: console)
///     progress.beginEpoch(3, of: 20, steps: 2480)
///     for step in 1...2480 { ...; progress.update(step: step, samples: 256, loss: loss) }
///     progress.endEpoch(summary: "dev HR@10 0.5123")
///     progress.finish()
public final class ProgressBar {
    /// Seconds between two drawings on a terminal.
    public static let redrawInterval = 0.1
    /// Seconds between two plain lines within an epoch.
    public static let lineInterval = 10.0
    /// Seconds until the first plain line of all, which tells that it is under way, and how fast.
    public static let firstLineInterval = 2.0

    private let output: TerminalOutput
    private let isActive: Bool
    private let now: () -> Double
    private let interval: Double

    private var epoch = 0
    private var epochs = 0
    private var steps = 0
    private var firstStep = 0
    private var step = 0
    private var samples = 0
    private var loss: Double?
    private var start = 0.0
    private var nextDrawing = Double.infinity
    private var hasBegun = false

    /// - Parameter now: seconds from any fixed point in time.
    public init(on console: Console, now: @escaping () -> Double = ProgressBar.monotonicSeconds) {
        output = console.output
        isActive = console.isSpeaking && !console.isQuiet
        self.now = now
        interval = output.isInteractive ? ProgressBar.redrawInterval : ProgressBar.lineInterval
    }

    deinit { finish() }

    /// Seconds of the system's clock that never goes back.
    public static func monotonicSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Begins an epoch.
    /// - Parameters:
    ///   - epoch: number of the epoch, from 1.
    ///   - epochs: the last epoch.
    ///   - steps: steps of this epoch.
    ///   - completed: steps of this epoch that were done before, where it continues a run.
    public func beginEpoch(_ epoch: Int, of epochs: Int, steps: Int, completed: Int = 0) {
        guard isActive else { return }
        (self.epoch, self.epochs, self.steps) = (epoch, epochs, steps)
        (step, firstStep, samples, loss) = (completed, completed, 0, nil)
        start = now()
        nextDrawing = start + (hasBegun ? interval : min(interval, ProgressBar.firstLineInterval))
        hasBegun = true
        if output.isInteractive { draw(at: start) }
    }

    /// Notes that a step is done. Costs no more than reading the clock where nothing is drawn.
    /// - Parameters:
    ///   - step: steps of this epoch that are done.
    ///   - samples: samples of this step, over all ranks.
    ///   - loss: the loss to show; nil leaves the one before.
    public func update(step: Int, samples: Int, loss: Double? = nil) {
        guard isActive else { return }
        self.step = step
        self.samples += samples
        if let loss { self.loss = loss }
        let time = now()
        guard time >= nextDrawing else { return }
        nextDrawing = time + interval
        draw(at: time)
    }

    /// Ends the epoch with a line that stays.
    /// - Parameter summary: what to add to it, such as the metrics of the dev split.
    public func endEpoch(summary: String = "") {
        guard isActive else { return }
        nextDrawing = .infinity
        let seconds = now() - start
        var parts = ["epoch \(epoch)/\(epochs)"] + lossPart + ratePart(seconds)
        parts.append(NumberText.duration(seconds: seconds))
        if !summary.isEmpty { parts.append(summary) }
        output.clearStatus()
        output.print(parts.joined(separator: "  "))
    }

    /// Takes the bar off the screen. Nothing is drawn until the next epoch begins.
    public func finish() {
        nextDrawing = .infinity
        if isActive { output.clearStatus() }
    }

    private func draw(at time: Double) {
        let seconds = time - start
        guard output.isInteractive else {
            let parts = ["epoch \(epoch)/\(epochs)", "step \(counter)"] + details(seconds)
            output.print(parts.joined(separator: "  "))
            return
        }
        output.setStatus(line(width: output.width - 1, details(seconds)))
    }

    private var counter: String { "\(NumberText.grouped(step))/\(NumberText.grouped(steps))" }
    private var lossPart: [String] { loss.map { ["loss \(NumberText.fixed($0, decimals: 4))"] } ?? [] }

    private func ratePart(_ seconds: Double) -> [String] {
        guard samples > 0, seconds > 0 else { return [] }
        return ["\(NumberText.grouped(Int(min((Double(samples) / seconds).rounded(), 1e15)))) samples/s"]
    }

    /// Speed, loss and the time that the rest of the epoch takes at the speed so far.
    private func details(_ seconds: Double) -> [String] {
        var parts = ratePart(seconds) + lossPart
        let done = step - firstStep
        if done > 0 {
            let left = seconds / Double(done) * Double(max(0, steps - step))
            parts.append("\(NumberText.duration(seconds: left)) left")
        }
        return parts
    }

    /// The parts that fit `width` columns: first the bar becomes shorter, then it goes, then the last parts go.
    private func line(width: Int, _ details: [String]) -> TerminalOutput.StatusLine {
        let front = "epoch \(epoch)/\(epochs)"
        let back = ([counter] + details).joined(separator: "  ")
        let room = min(30, width - front.count - back.count - 5)
        if room >= 5 {
            let share = steps > 0 ? Double(min(max(step, 0), steps)) / Double(steps) : 0
            let filled = Int(share * Double(room))
            let (done, open) = (String(repeating: "#", count: filled), String(repeating: ".", count: room - filled))
            return TerminalOutput.StatusLine(
                text: "\(front) [\(done)\(open)]  \(back)",
                colored: output.hasColors ? "\(front) [\u{1B}[32m\(done)\u{1B}[0m\(open)]  \(back)" : nil)
        }
        var text = ""
        for part in [front, counter] + details {
            let longer = text.isEmpty ? part : "\(text)  \(part)"
            if longer.count > width { break }
            text = longer
        }
        return TerminalOutput.StatusLine(text: text)
    }
}
