"""Who runs the jobs: `dispatch` hands them out and asks again for what was lost.

`local` grades on this machine, `cluster` on others.

The pipeline speaks `concurrent.futures.Executor`. An executor's future for a job that its own side lost, whatever the
reason, raises InfrastructureError, and the executor goes on with the others.
"""
