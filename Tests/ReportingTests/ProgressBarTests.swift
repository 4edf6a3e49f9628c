import Foundation
import Reporting
import Testing

@Suite struct ProgressBarTests {
    private let time = ManualTime()

    private func console(
        _ descriptor: Int32, environment: [String: String] = ["TERM": "xterm"], isSpeaking: Bool = true,
        isQuiet: Bool = false
    ) -> Console {
        Console(
            output: TerminalOutput(descriptor: descriptor) { environment[$0] }, isSpeaking: isSpeaking,
            isQuiet: isQuiet)
    }

    private func progress(on console: Console) -> ProgressBar {
        ProgressBar(on: console) { [time] in time.seconds }
    }

    /// An epoch of 2,480 steps of 256 samples, one each 10 ms.
    private func train(_ progress: ProgressBar, steps: ClosedRange<Int>, eachStep: () -> Void = {}) {
        for step in steps {
            time.seconds += 0.01
            progress.update(step: step, samples: 256, loss: 0.42134)
            eachStep()
        }
    }

    @Test func `one line shows epoch, bar, steps, speed, loss and time left`() throws {
        let terminal = try PseudoTerminal(columns: 120)
        let progress = progress(on: console(terminal.descriptor, environment: ["TERM": "xterm", "NO_COLOR": "1"]))
        progress.beginEpoch(3, of: 20, steps: 2480)
        var screen = Screen(width: 120)
        train(progress, steps: 1...1240) {
            if Int(time.seconds * 100) % 50 == 0 { screen.receive(terminal.received()) }
        }
        screen.receive(terminal.received())
        #expect(screen.text.count == 1)
        let line = try #require(screen.text.first)
        #expect(line.hasPrefix("epoch 3/20 [##############"))
        #expect(line.contains("...]  1,2"))
        #expect(line.contains("/2,480  25,600 samples/s  loss 0.4213  0:12 left"))
        #expect(line.filter { "#.".contains($0) }.count == 30 + 1)
        #expect(!screen.hasColors)
    }

    @Test func `it is drawn ten times a second at most`() throws {
        let terminal = try PseudoTerminal(columns: 100)
        let progress = progress(on: console(terminal.descriptor))
        progress.beginEpoch(1, of: 1, steps: 1000)
        var screen = Screen(width: 100)
        train(progress, steps: 1...1000) {
            if Int(time.seconds * 100) % 50 == 0 { screen.receive(terminal.received()) }
        }
        screen.receive(terminal.received())
        #expect(90...101 ~= screen.erasures, "10 seconds: \(screen.erasures) drawings")
        #expect(screen.hasColors)
    }

    @Test(arguments: [4, 10, 17, 18, 30, 40, 60, 66, 80, 81, 200])
    func `a line is never longer than the terminal is wide`(columns: Int) throws {
        let terminal = try PseudoTerminal(columns: columns)
        let progress = progress(on: console(terminal.descriptor))
        progress.beginEpoch(12, of: 1000, steps: 1_000_000)
        var screen = Screen(width: columns)
        for (index, step) in stride(from: 1, through: 1_000_000, by: 31_250).enumerated() {
            time.seconds += 1
            progress.update(step: step, samples: 123_456_789, loss: 12345.6789)
            // A terminal holds 4,096 characters until somebody reads them.
            if index % 8 == 7 { screen.receive(terminal.received()) }
        }
        screen.receive(terminal.received())
        #expect(screen.wraps == 0)
        #expect(screen.longest < columns, "the last column stays empty")
        #expect(screen.text.count == 1)
        #expect(columns < 20 || screen.text[0].hasPrefix("epoch 12/1000"))
    }

    @Test func `a terminal that becomes narrower gets a shorter line`() throws {
        let terminal = try PseudoTerminal(columns: 100)
        let progress = progress(on: console(terminal.descriptor))
        progress.beginEpoch(1, of: 2, steps: 100)
        train(progress, steps: 1...50)
        #expect(terminal.received().contains("#"))
        terminal.resize(columns: 30)
        train(progress, steps: 51...80)
        var screen = Screen(width: 30)
        screen.receive(terminal.received())
        #expect(screen.wraps == 0 && screen.longest < 30)
    }

    @Test func `the end of an epoch leaves one line and a clean cursor`() throws {
        let terminal = try PseudoTerminal(columns: 100)
        let progress = progress(on: console(terminal.descriptor))
        for epoch in 1...2 {
            progress.beginEpoch(epoch, of: 2, steps: 100)
            train(progress, steps: 1...100)
            progress.endEpoch(summary: "dev HR@10 0.512\(epoch)")
        }
        progress.finish()
        var screen = Screen(width: 100)
        screen.receive(terminal.received())
        #expect(
            screen.text == [
                "epoch 1/2  loss 0.4213  25,600 samples/s  0:01  dev HR@10 0.5121",
                "epoch 2/2  loss 0.4213  25,600 samples/s  0:01  dev HR@10 0.5122", "",
            ])
        #expect(screen.column == 0)
    }

    @Test func `a bar that goes away in the middle of an epoch is wiped off`() throws {
        let terminal = try PseudoTerminal(columns: 100)
        let console = console(terminal.descriptor)
        do {
            let progress = progress(on: console)
            progress.beginEpoch(1, of: 2, steps: 100)
            train(progress, steps: 1...50)
        }
        console.error("stopped")
        var screen = Screen(width: 100)
        screen.receive(terminal.received())
        #expect(screen.text == ["error: stopped", ""] && screen.column == 0)
    }

    @Test func `a message goes above the bar, and the bar stays`() throws {
        let terminal = try PseudoTerminal(columns: 100)
        let console = console(terminal.descriptor)
        let progress = progress(on: console)
        progress.beginEpoch(1, of: 2, steps: 100)
        train(progress, steps: 1...50)
        console.warning("one user has no history\nit is left out")
        var screen = Screen(width: 100)
        screen.receive(terminal.received())
        #expect(screen.text.prefix(2) == ["warning: one user has no history", "         it is left out"])
        #expect(screen.text.count == 3 && screen.text[2].hasPrefix("epoch 1/2 ["))
        progress.finish()
    }

    @Test func `without a terminal there are plain lines, one soon and then at most one in ten seconds`() throws {
        let pipe = try OutputPipe()
        let progress = progress(on: console(pipe.descriptor))
        progress.beginEpoch(1, of: 2, steps: 2500)
        train(progress, steps: 1...2500)
        progress.endEpoch(summary: "dev HR@10 0.5")
        progress.finish()
        let text = pipe.received()
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0.value < 0x7F })
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 5 && lines.last == "")
        #expect(lines[0].hasPrefix("epoch 1/2  step 20") && lines[0].hasSuffix("loss 0.4213  0:23 left"))
        #expect(lines[1].hasPrefix("epoch 1/2  step 1,20") && lines[1].hasSuffix("loss 0.4213  0:13 left"))
        #expect(lines[2].hasPrefix("epoch 1/2  step 2,20"))
        #expect(lines[3] == "epoch 1/2  loss 0.4213  25,600 samples/s  0:25  dev HR@10 0.5")
        progress.beginEpoch(2, of: 2, steps: 2500)
        train(progress, steps: 1...900)
        #expect(pipe.received().isEmpty, "the second epoch comes to its first line after ten seconds")
        progress.finish()
    }

    @Test func `what is forwarded to a terminal draws the bar there, as wide as it is`() throws {
        let (pipe, terminal) = (try OutputPipe(), try PseudoTerminal(columns: 57))
        let output = TerminalOutput(descriptor: pipe.descriptor, forwardedTo: dup(terminal.descriptor)) { _ in "xterm" }
        #expect(output.isInteractive && output.width == 57)
        let progress = progress(on: Console(output: output))
        progress.beginEpoch(1, of: 2, steps: 100)
        train(progress, steps: 1...50)
        // Another rank, which knows of no bar, speaks between two drawings.
        let other = TerminalOutput(descriptor: pipe.descriptor, forwardedTo: dup(terminal.descriptor)) { _ in "xterm" }
        Console(output: other).warning("rank 1 waits")
        var screen = Screen(width: 57)
        screen.receive(pipe.received())
        #expect(screen.text.first?.hasSuffix("warning: rank 1 waits") == true && screen.text.count == 2)
        train(progress, steps: 51...70)
        screen.receive(pipe.received())
        #expect(screen.text.last?.hasPrefix("epoch 1/2 ") == true)
        #expect(screen.wraps == 0 && screen.longest < 57)
        #expect(terminal.received().isEmpty, "all of it goes through the pipe")
        progress.finish()
    }

    @Test func `what is forwarded to a file stays plain`() throws {
        let (pipe, file) = (try OutputPipe(), try OutputPipe())
        let output = TerminalOutput(descriptor: pipe.descriptor, forwardedTo: dup(file.descriptor)) { _ in "xterm" }
        #expect(!output.isInteractive && !output.hasColors)
        Console(output: output).warning("x")
        #expect(pipe.received() == "warning: x\n")
    }

    @Test func `a dumb terminal gets plain lines`() throws {
        let terminal = try PseudoTerminal(columns: 80)
        let progress = progress(on: console(terminal.descriptor, environment: ["TERM": "dumb"]))
        progress.beginEpoch(1, of: 1, steps: 100)
        train(progress, steps: 1...100)
        progress.endEpoch()
        // The terminal itself turns a line feed into a carriage return and a line feed.
        #expect(terminal.received() == "epoch 1/1  loss 0.4213  25,600 samples/s  0:01\r\n")
    }

    @Test func `nothing comes in quiet mode or from a silent rank`() throws {
        let terminal = try PseudoTerminal(columns: 80)
        for console in [
            console(terminal.descriptor, isQuiet: true), console(terminal.descriptor, isSpeaking: false),
        ] {
            let progress = progress(on: console)
            progress.beginEpoch(1, of: 1, steps: 100)
            train(progress, steps: 1...100)
            progress.endEpoch()
            progress.finish()
        }
        #expect(terminal.received().isEmpty)
    }

    @Test func `an epoch that continues counts only its own steps for the time left`() throws {
        let pipe = try OutputPipe()
        let progress = progress(on: console(pipe.descriptor))
        progress.beginEpoch(2, of: 2, steps: 4000, completed: 2000)
        train(progress, steps: 2001...3005)
        #expect(pipe.received().hasSuffix("0:18 left\n"))
    }

    @Test func `no loss, no steps and a loss that is not a number are shown as they are`() throws {
        let pipe = try OutputPipe()
        let progress = progress(on: console(pipe.descriptor))
        progress.beginEpoch(1, of: 2, steps: 0)
        progress.endEpoch()
        progress.beginEpoch(2, of: 2, steps: 1)
        time.seconds += 2
        progress.update(step: 1, samples: 10, loss: .nan)
        progress.endEpoch()
        #expect(pipe.received() == "epoch 1/2  0:00\nepoch 2/2  loss nan  5 samples/s  0:02\n")
    }
}
