import DistributedOptimizer
import Options

/// `--exchange`.
extension ExchangeKind: OptionValue {}
