"""What this broker knows of the cluster in memory: which topics there are, and who the brokers are.

- ``directory``  every topic with its effective configuration, by name, by id and by partition
- ``identity``   the cluster's id, the brokers as each listener's clients see them, who leads and coordinates what
"""
