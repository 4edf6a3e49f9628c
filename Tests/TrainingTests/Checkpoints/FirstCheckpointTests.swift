import Testing
import Training

@Suite struct FirstCheckpointTests {
    private static let plans = [
        CheckpointPlan(), CheckpointPlan(everySteps: 1_000_000, everySeconds: nil),
        CheckpointPlan(everySteps: nil, everySeconds: 3600),
    ]

    @Test(arguments: plans)
    func `the first checkpoint comes after an epoch or 30 seconds, whatever the plan`(plan: CheckpointPlan) {
        #expect(plan.isDue(steps: 10, seconds: 1, isFirst: true, endsEpoch: true))
        #expect(plan.isDue(steps: 10, seconds: 30, isFirst: true, endsEpoch: false))
        #expect(!plan.isDue(steps: 10, seconds: 29, isFirst: true, endsEpoch: false))
        #expect(!plan.isDue(steps: 10, seconds: 60, isFirst: false, endsEpoch: true))
    }

    @Test func `without checkpoints there is no first one either`() {
        let plan = CheckpointPlan(everySteps: nil, everySeconds: nil)
        #expect(!plan.isDue(steps: 1_000_000, seconds: 1e6, isFirst: true, endsEpoch: true))
    }

    @Test func `later ones are due by steps or seconds`() {
        let plan = CheckpointPlan(everySteps: 10, everySeconds: 100)
        #expect(plan.isDue(steps: 10, seconds: 0, isFirst: false, endsEpoch: false))
        #expect(plan.isDue(steps: 0, seconds: 100, isFirst: false, endsEpoch: false))
        #expect(!plan.isDue(steps: 9, seconds: 99, isFirst: false, endsEpoch: false))
    }
}
