"""What lists, reports and calendar feeds refuse."""

from uuid import UUID

from kit.errors import Forbidden, Invalid, NotFound


class FilterNotFound(NotFound):
    code = "filter_not_found"

    def __init__(self, filter_id: UUID) -> None:
        super().__init__(f"There is no filter {filter_id}.")


class FilterOfOthers(Forbidden):
    code = "filter_of_others"

    def __init__(self) -> None:
        super().__init__("A shared filter is changed by who made it.")


class FeedNotFound(NotFound):
    """Also said of a revoked one, and of a wrong secret."""

    code = "calendar_feed_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such calendar feed.")


class FeedOfOthers(Forbidden):
    """features R53: an agenda one may not see is not given away as a feed either."""

    code = "calendar_of_others"

    def __init__(self) -> None:
        super().__init__("Only who sees all calendars may make a feed of somebody else's.")


class TooManyRows(Invalid):
    code = "too_many_rows"

    def __init__(self, most: int) -> None:
        super().__init__(f"A printout holds at most {most} tasks; choose fewer, or take another format.")


class ChartTooLarge(Invalid):
    code = "chart_too_large"

    def __init__(self, most: int) -> None:
        super().__init__(f"A chart shows at most {most} entries; choose a shorter stretch, or fewer people.")
