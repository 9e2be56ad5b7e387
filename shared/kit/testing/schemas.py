"""Whether a service's migrations end at what its models say."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData

from kit.database import Database


async def schema_differences(database: Database, metadata: MetaData) -> list[str]:
    """What Alembic would still change in the migrated database to arrive at the models; empty when they agree."""

    def compare(connection: Connection) -> list[str]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [str(difference) for difference in compare_metadata(context, metadata)]

    async with database.engine.connect() as connection:
        return await connection.run_sync(compare)
