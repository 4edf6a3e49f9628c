/// The kernels: plain functions over memory. They know no model, no file and no rank, allocate nothing, and add to
/// gradients (`dx += ...`) so that several uses of one value need no extra pass.
///
/// Pointers are not checked here; shapes are checked where a kernel is called.
public enum Kernel {}
