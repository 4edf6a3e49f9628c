import MPI

MPI.run { world in print(world.rank, world.size, try world.allReduce(1.5, .sum), MPIEnvironment.libraryVersion) }
