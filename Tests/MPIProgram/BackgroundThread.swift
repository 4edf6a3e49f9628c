import Glibc

/// A thread of the operating system that computes a number.
final class BackgroundThread {
    private final class Task {
        let body: () -> Int
        var result = 0
        init(_ body: @escaping () -> Int) { self.body = body }
    }

    private let task: Task
    private var thread = pthread_t()

    init(_ body: @escaping () -> Int) {
        task = Task(body)
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let task = Unmanaged<Task>.fromOpaque(argument).takeUnretainedValue()
                task.result = task.body()
                return nil
            }, Unmanaged.passUnretained(task).toOpaque())
    }

    /// Waits for the end of the thread and returns its number.
    func join() -> Int {
        pthread_join(thread, nil)
        return task.result
    }
}
